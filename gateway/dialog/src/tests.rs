//! Stories told with a small phone over [`step`](crate::step).

mod answering;
mod check;
mod fit;
mod fixture;
mod household;
mod letters;
mod navigation;
mod newcomers;
mod news;
mod paging;
mod phone;
mod stories;
mod texting;
mod whereabouts;
