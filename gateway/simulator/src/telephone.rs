//! What a play needs of a phone, by whichever way its screens come.

use crate::aggregator::AggregatorPhone;
use crate::handset::Handset;
use crate::phone::{HandsetError, Screen};
use std::future::Future;

/// A phone that can be played on.
pub trait Telephone: Send + Sync {
    /// Dials, and waits for the first screen.
    fn dial(&self, dialled: &str) -> impl Future<Output = Result<Screen, HandsetError>> + Send;

    /// Answers the screen, and waits for the next one.
    fn send(&self, typed: &str) -> impl Future<Output = Result<Screen, HandsetError>> + Send;

    /// Hangs up.
    fn hang_up(&self) -> impl Future<Output = Result<(), HandsetError>> + Send;

    /// Lets the network end the session.
    fn time_out(&self) -> impl Future<Output = Result<(), HandsetError>> + Send;

    /// The phone as its operator knows it: texts come and go there.
    fn handset(&self) -> &Handset;
}

impl Telephone for Handset {
    async fn dial(&self, dialled: &str) -> Result<Screen, HandsetError> {
        self.dial(dialled).await
    }

    async fn send(&self, typed: &str) -> Result<Screen, HandsetError> {
        self.send(typed).await
    }

    async fn hang_up(&self) -> Result<(), HandsetError> {
        self.hang_up().await
    }

    async fn time_out(&self) -> Result<(), HandsetError> {
        self.time_out().await
    }

    fn handset(&self) -> &Handset {
        self
    }
}

impl Telephone for AggregatorPhone {
    async fn dial(&self, dialled: &str) -> Result<Screen, HandsetError> {
        self.dial(dialled).await
    }

    async fn send(&self, typed: &str) -> Result<Screen, HandsetError> {
        self.send(typed).await
    }

    async fn hang_up(&self) -> Result<(), HandsetError> {
        self.hang_up().await
    }

    async fn time_out(&self) -> Result<(), HandsetError> {
        self.time_out().await
    }

    fn handset(&self) -> &Handset {
        self.handset()
    }
}
