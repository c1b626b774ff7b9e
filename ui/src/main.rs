mod layout;
fn main() {}
