//! Conversations by value: deliver_sm in, submit_sm and statuses out, on a clock that stands still.

mod aborts;
mod again;
mod beside;
mod dialling;
mod flash;
mod forms;
mod order;
mod replies;
mod untold;
mod walks;
mod world;
