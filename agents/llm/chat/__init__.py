"""Chat models as players: the policy, the client, prompts, parsing, backends."""
