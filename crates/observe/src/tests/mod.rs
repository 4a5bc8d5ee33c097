//! Tests of the whole observer, on frames made to order and a protocol of our own.

mod acts;
mod assets;
mod bounds;
mod captures;
mod exchanges;
mod flows;
mod frames;
mod plant;
mod streams;
mod toy;
mod zeek;
