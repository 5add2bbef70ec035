//! A conformance run against the operator's SMSC.
