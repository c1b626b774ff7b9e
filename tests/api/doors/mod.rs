//! Other products' protocols, as their senders speak them, and what their keys decide.

mod elastic;
mod hec;
mod keys;
