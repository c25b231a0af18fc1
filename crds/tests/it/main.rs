//! The definition is the committed one, and each of its rules has examples.

mod cases;
mod fields;
mod samples;
mod yaml;
