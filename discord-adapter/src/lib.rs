//! Interactions and replies: the command tree, the terminal, the renderers.
