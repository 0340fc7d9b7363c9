"use strict";
// Shows the replay that stands in this page. Texts are set as text, never as markup.
(() => {
  const data = JSON.parse(document.getElementById("replay").textContent);
  const { moments, texts, pictures, seats } = data;
  const last = moments.length - 1;
  const speeds = [0.5, 1, 2, 4, 8, 16];
  const colours = { day: "#f6e2a8", night: "#26304a", plain: "#9ea8b8", markDay: "#b0a88c", markNight: "#5c6886",
    wrongDay: "#c85000", wrongNight: "#f0803e" };
  let t = 0, playing = false, speed = 2, timer = 0, pointed = null;

  // Making elements.
  const make = (name, attributes, ...children) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  };
  const button = (text, command, hint, strong) => {
    const node = make("button", { type: "button", title: hint, "aria-label": hint, class: strong && "strong" }, text);
    node.addEventListener("click", () => commands[command]());
    return node;
  };
  const number = (value) => value.toFixed(data.digits);
  const seatName = (k) => seats[k].name + (seats[k].player ? " · " + seats[k].player : "");
  const disc = (k, small) => make("span", { class: small ? "disc small" : "disc", style: "background:" + seats[k].colour },
    small ? "" : String(k));

  const chosen = (moment) => moment.options.find((option) => option[0] === moment.taken) || null;
  const wrong = (moment) => { const option = chosen(moment); return option !== null && option[2] < 0; };
  const watched = (moment) => moment.seats[moment.seat][4];

  // The page.
  const image = make("img", { alt: "", id: "picture" });
  const track = make("canvas", { "aria-hidden": "true" });
  const head = make("div", { id: "head" });
  const bar = make("div", { id: "bar", role: "slider", tabindex: 0, "aria-label": "Moment", "aria-valuemin": 0,
    "aria-valuemax": last }, track, head);
  const play = button("▶", "play", "Play or pause (space)", true);
  const rate = make("span", { id: "rate" });
  const count = make("span", { id: "count" });
  const panel = make("aside", { "aria-label": "The choice" });
  const jumps = data.staked ? [
    button("‹ contested", "contestedBack", "Contested decision before (shift C)"),
    button("contested ›", "contested", "Next contested decision (C)"),
    button("‹ " + data.signs[0] + " unaligned", "unalignedBack", "Unaligned act before (shift U)"),
    button(data.signs[0] + " unaligned ›", "unaligned", "Next unaligned act (U)"),
  ] : [];
  const key = (colour, text) => make("span", {}, make("i", { style: "background:" + colour }), text);
  const legend = data.staked ? make("p", { class: "legend" }, key(colours.day, "watched"), key(colours.night, "unwatched"),
    key(colours.wrongDay, "acted against a norm"), key(colours.markDay, "could have")) : null;
  document.body.append(make("main", {},
    make("header", {}, make("h1", {}, data.title), make("span", {}, data.game)),
    make("section", { id: "stage", "aria-label": "The picture" }, image, bar,
      make("div", { id: "buttons" }, button("◀", "back", "One step back (left)"), play,
        button("▶|", "forward", "One step on (right)"), button("–", "slower", "Slower (-)"), rate,
        button("+", "faster", "Faster (+)"), ...jumps, count),
      legend,
      make("p", { class: "keys" }, "Keys: space, ← →, page up and down, home, end, + −" + (data.staked ? ", C and U (shift: back)." : "."))),
    panel));

  // The time bar.
  const paintBar = () => {
    const wide = track.clientWidth || 600, dense = window.devicePixelRatio || 1;
    track.width = Math.round(wide * dense); track.height = Math.round(22 * dense);
    const brush = track.getContext("2d");
    brush.scale(dense, dense);
    const one = wide / moments.length;
    moments.forEach((moment, k) => {
      const light = watched(moment), x = k * one;
      brush.fillStyle = !data.staked || light === null ? colours.plain : light ? colours.day : colours.night;
      brush.fillRect(x, 0, one + 0.5, 22);
    });
    moments.forEach((moment, k) => {
      const light = watched(moment) !== false, x = k * one, w = Math.max(2, one - 1);
      if (wrong(moment)) {
        brush.fillStyle = light ? colours.wrongDay : colours.wrongNight;
        brush.fillRect(x, 3, w, 16);
      } else if (moment.contested) {
        brush.fillStyle = light ? colours.markDay : colours.markNight;
        brush.fillRect(x, 16, w, 4);
      }
    });
  };
  const at = (event) => {
    const box = bar.getBoundingClientRect();
    return Math.floor((event.clientX - box.left) / box.width * moments.length);
  };
  let dragging = false;
  bar.addEventListener("pointerdown", (event) => {
    dragging = true;
    if (event.isTrusted) bar.setPointerCapture(event.pointerId);
    go(at(event));
  });
  bar.addEventListener("pointermove", (event) => { if (dragging) go(at(event)); });
  for (const name of ["pointerup", "pointercancel"]) bar.addEventListener(name, () => { dragging = false; });

  // The panel.
  const describe = (option, moment) => {
    const box = make("div", { id: "verdict", class: "l" + (option && data.staked ? option[2] : 0), "aria-live": "polite" });
    if (option === null) return box;
    const took = option[0] === moment.taken;
    const [label, lost] = texts[option[3]].split("\n");
    box.append(make("b", {}, (took ? "takes: " : "") + texts[option[1]]));
    if (label) box.append(make("span", { class: "label" }, label), make("small", {}, lost || ""));
    if (label && option[2] < 0 && moment.price !== null) {
      const most = Math.max(...moment.options.map((one) => one[4]));
      box.append(make("small", {}, "price of doing right here: " + number(moment.price) + " " + data.unit +
        (most > 0 && option[4] === most ? "; the gravest act open" : "")));
    }
    return box;
  };
  const point = (option) => {
    pointed = option;
    const moment = moments[t], now = document.getElementById("verdict");
    if (now) now.replaceWith(describe(option || chosen(moment), moment));
  };
  const options = (moment) => {
    const most = Math.max(0, ...moment.options.map((option) => option[4]));
    const list = make("div", { id: "options", role: "list" });
    const rank = (option) => (option[0] === moment.taken ? -2 : option[2] < 0 ? -1 : 0);
    const sorted = moment.options.length > 24 ? [...moment.options].sort((a, b) => rank(a) - rank(b)) : moment.options;
    for (const option of sorted) {
      const [action, name, label, , severity] = option;
      const node = make("div", { class: "option l" + label + (data.staked ? "" : " plain") + (action === moment.taken ? " taken" : ""),
        role: "listitem", tabindex: 0, style: "--grave:" + (most > 0 ? severity / most : 0).toFixed(3) },
        data.staked ? make("span", { class: "sign" }, data.signs[label + 1]) : null, texts[name]);
      for (const on of ["pointerenter", "focus"]) node.addEventListener(on, () => point(option));
      for (const off of ["pointerleave", "blur"]) node.addEventListener(off, () => point(null));
      list.append(node);
    }
    return list;
  };
  const standings = (moment) => {
    const counted = moment.seats.some((seat) => seat[1] !== null), blamed = moment.seats.some((seat) => seat[6] !== null);
    const many = moment.seats.length > data.listed, all = moment.seats.map((_, k) => k);
    const astray = all.filter((k) => k !== moment.seat && moment.seats[k][3] !== null && moment.seats[k][3] < 0);
    const listed = many ? [moment.seat, ...astray.slice(0, data.listed - 1)] : all;
    const rows = listed.map((k) => {
      const [total, breaches, act, label, , , blame] = moment.seats[k];
      const now = make("td", {}, make("span", {}, disc(k, true), seatName(k)));
      if (texts[act]) {
        const tone = label === null ? null : label < 0 ? "wrong" : label > 0 ? "right" : null;
        now.append(make("small", { class: tone }, (label === null ? "" : data.signs[label + 1] + " ") + texts[act]));
      }
      return make("tr", { class: k === moment.seat && "shown" }, now,
        blamed ? make("td", { class: blame > 0 && "wrong" }, blame === null ? "" : blame.toPrecision(3)) : null,
        counted ? make("td", { class: breaches > 0 && "wrong" }, breaches === null ? "" : String(breaches)) : null,
        make("td", {}, total === null ? "" : number(total)));
    });
    if (many) {
      const sum = (column) => moment.seats.reduce((so, seat) => so + (seat[column] || 0), 0);
      const rest = all.length - listed.length, more = astray.length - listed.length + 1;
      rows.push(make("tr", { class: "rest" }, make("td", {}, "all " + all.length + " seats",
        make("small", {}, rest + " not listed" + (more > 0 ? ", " + more + " of them " + data.signs[0] : ""))),
        blamed ? make("td", {}, sum(6).toPrecision(3)) : null, counted ? make("td", {}, String(sum(1))) : null,
        make("td", {}, number(sum(0)))));
    }
    return make("table", {}, make("thead", {}, make("tr", {}, make("th", {}, "seat, and what it does now"),
      blamed ? make("th", {}, "blame") : null, counted ? make("th", {}, data.signs[0] + " so far") : null,
      make("th", {}, data.unit + " so far"))), make("tbody", {}, ...rows));
  };
  const known = (moment) => {
    const box = make("div", { id: "words" });
    let block = null;  // lines that begin with blanks are a board: they keep their columns
    for (const line of moment.words.map((k) => texts[k])) {
      if (/^\s{2}/.test(line)) {
        if (!block) { block = make("pre"); box.append(block); }
        block.append(line + "\n");
      } else {
        block = null;
        box.append(make("div", {}, line));
      }
    }
    return box;
  };
  let opened = true;
  const paintPanel = (moment) => {
    const seat = moment.seat, light = watched(moment);
    const parts = [make("div", { class: "who" }, disc(seat), make("div", {}, make("b", {}, seats[seat].name),
      seats[seat].player ? make("small", {}, "played by " + seats[seat].player) : null),
      light === null ? null : make("span", { class: light ? "chip seen" : "chip" }, light ? "watched" : "unwatched"))];
    if (moment.options.length) {
      const chips = make("span", { class: "chips" });
      if (moment.contested) chips.append(make("span", { class: "chip" }, "contested"));
      if (moment.price !== null) chips.append(make("span", { class: moment.price > 0 ? "chip" : "chip pays" },
        "price " + (moment.price > 0 ? "+" : "") + number(moment.price) + " " + data.unit));
      parts.push(make("h2", {}, "The choice", chips), options(moment), describe(chosen(moment), moment));
    } else {
      parts.push(make("p", {}, moment.over ? "The episode is over." : "This seat does not move now."));
      if (moment.over && texts[moment.ending]) parts.push(make("p", { id: "ending" }, texts[moment.ending]));
    }
    if (moment.said !== null) parts.push(make("p", { id: "said" }, "“" + texts[moment.said] + "”"));
    parts.push(make("h2", {}, "So far"), standings(moment));
    if (moment.words.length) {
      const more = make("details", { open: opened && "" }, make("summary", {}, "What it knows"), known(moment));
      more.addEventListener("toggle", () => { opened = more.open; });
      parts.push(more);
    }
    panel.replaceChildren(...parts);
  };

  // Moving about.
  const show = () => {
    const moment = moments[t];
    pointed = null;
    image.src = pictures[moment.picture];
    image.alt = texts[moment.when] + ": " + (chosen(moment) ? seatName(moment.seat) + ", " + texts[chosen(moment)[1]] : "");
    document.body.classList.toggle("night", watched(moment) === false);
    head.style.left = "calc(" + (100 * t / moments.length) + "% - 2px)";
    head.style.width = "calc(" + (100 / moments.length) + "% + 4px)";
    bar.setAttribute("aria-valuenow", t);
    bar.setAttribute("aria-valuetext", texts[moment.when]);
    count.textContent = texts[moment.when] + " · " + t + " / " + last;
    rate.textContent = speeds[speed] + "/s";
    play.textContent = playing ? "❚❚" : "▶";
    document.body.dataset.moment = t;
    paintPanel(moment);
  };
  const run = (on) => {
    playing = on;
    clearInterval(timer);
    if (on) {
      timer = setInterval(() => {
        if (t >= last) { run(false); show(); } else { t += 1; show(); }
      }, 1000 / speeds[speed]);
    }
  };
  const go = (where) => {
    run(false);
    t = Math.min(Math.max(where, 0), last);
    history.replaceState(null, "", "#" + t);
    show();
  };
  const jump = (test, step) => {
    for (let k = t + step; k >= 0 && k <= last; k += step) if (test(moments[k])) { go(k); return; }
  };
  const rush = (step) => {
    speed = Math.min(Math.max(speed + step, 0), speeds.length - 1);
    if (playing) run(true);
    show();
  };
  const contested = (moment) => moment.contested;
  const commands = {
    play: () => { if (!playing && t === last) t = 0; run(!playing); show(); },
    back: () => go(t - 1), forward: () => go(t + 1), slower: () => rush(-1), faster: () => rush(1),
    contested: () => jump(contested, 1), contestedBack: () => jump(contested, -1),
    unaligned: () => jump(wrong, 1), unalignedBack: () => jump(wrong, -1),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const back = event.shiftKey;
    const does = {
      " ": commands.play, ArrowLeft: commands.back, ArrowRight: commands.forward, PageUp: () => go(t - 10),
      PageDown: () => go(t + 10), Home: () => go(0), End: () => go(last), "+": commands.faster, "=": commands.faster,
      "-": commands.slower, c: back ? commands.contestedBack : commands.contested, u: back ? commands.unalignedBack : commands.unaligned,
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!does || (event.key === " " && event.target.closest("button, summary"))) return;
    event.preventDefault();
    does();
  });
  window.addEventListener("resize", paintBar);
  window.addEventListener("hashchange", () => go(parseInt(location.hash.slice(1), 10) || 0));
  paintBar();
  t = Math.min(Math.max(parseInt(location.hash.slice(1), 10) || data.begin || 0, 0), last);
  show();
})();
