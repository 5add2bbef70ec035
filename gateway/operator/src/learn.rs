//! A profile proposed from a capture of the operator's traffic.
