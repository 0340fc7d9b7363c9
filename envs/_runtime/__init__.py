"""What runs a game's rules: the compiler, the kernels and the arrays they work on."""
