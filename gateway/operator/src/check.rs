//! A profile, checked offline.
