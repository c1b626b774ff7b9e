//! What the training reads: the windows of recordings as tensors, made by exactly the code that makes them in the server.

pub mod recording;
pub mod tensors;
