//! What the program promises when it is killed, stopped, started twice, short of disk, lied to about the time, or
//! one of several, in one data centre or two: the real binary in a process of its own, driven over real sockets.

mod client;
mod clocks;
mod cluster;
mod content;
mod data_centres;
mod drain;
mod full_disk;
mod graceful;
mod kill_nine;
mod ledger;
mod load;
mod memory_mode;
mod node;
mod patience;
mod second_node;
