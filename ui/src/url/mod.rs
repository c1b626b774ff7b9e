//! The address is the state of a view: filters, range, selection and open tab live in its query string.

mod address;
mod place;
mod query;

pub use address::{Address, provide_address, use_address};
pub use place::Place;
pub use query::{Query, decode, encode};
