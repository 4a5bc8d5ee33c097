//! Tests of the whole observer, on frames made to order and a protocol of our own.

mod acts;
mod assets;
mod baseline;
mod bounds;
mod captures;
mod compare;
mod exchanges;
mod flows;
mod frames;
mod import;
mod netflow;
mod plant;
mod streams;
mod toy;
mod truth;
mod workers;
mod zeek;
