//! Conversations by value: deliver_sm in, submit_sm and statuses out, on a clock that stands still.

mod aborts;
mod again;
mod applicant;
mod bare;
mod beside;
mod clock;
mod contention;
mod damaged;
mod dialling;
mod flash;
mod floods;
mod forms;
mod long;
mod memory;
mod order;
mod people;
mod replies;
mod revived;
mod script;
mod share;
mod skew;
mod untold;
mod versions;
mod walks;
mod world;
