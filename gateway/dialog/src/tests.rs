//! Stories told with a small phone over [`step`](crate::step).

mod check;
mod fit;
mod fixture;
mod news;
mod paging;
mod phone;
mod stories;
mod texting;
