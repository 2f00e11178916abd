//! Server functions of this area.
