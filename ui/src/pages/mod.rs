//! One module per page of the console; each keeps its words in its own `text` module.

pub mod alert;
pub mod alerts;
pub mod endpoint;
pub mod endpoints;
pub mod hunt;
pub mod inventory;
pub mod invitation;
pub mod later;
pub mod map;
pub mod overview;
pub mod parts;
pub mod pipeline;
pub mod rules;
pub mod sensors;
pub mod settings;
pub mod setup;
pub mod sign_in;
pub mod wall;
