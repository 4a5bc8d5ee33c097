//! A progress bar on standard error, for terminals only.

use cofferdam_site::{LiveProgress, ObserveProgress};
use indicatif::{ProgressBar, ProgressStyle};

/// A bar that is shown or not.
pub(crate) struct Bar {
    inner: ProgressBar,
}

impl Bar {
    pub(crate) fn hidden() -> Self {
        Self {
            inner: ProgressBar::hidden(),
        }
    }

    pub(crate) fn shown() -> Self {
        Self {
            inner: ProgressBar::new(0),
        }
    }

    /// How far observation has come.
    pub(crate) fn observing(&self, progress: ObserveProgress<'_>) {
        let template = match progress.total {
            Some(_) => "{msg}  {bar:30} {bytes}/{total_bytes}  {bytes_per_sec}  {eta}",
            None => "{msg}  {spinner} {bytes}  {bytes_per_sec}",
        };
        self.style(template);
        self.inner.set_length(progress.total.unwrap_or(0));
        self.inner.set_position(progress.read);
        self.inner.set_message(format!(
            "{} ({} of {})",
            progress.capture, progress.number, progress.of
        ));
    }

    /// What came over an interface so far.
    pub(crate) fn live(&self, interface: &str, progress: LiveProgress) {
        self.style("{msg}");
        let dropped = progress.counters.dropped;
        self.inner.set_message(format!(
            "{interface}: {} packets, {dropped} dropped, {} segments recorded; Ctrl-C to stop",
            progress.packets, progress.segments
        ));
    }

    /// How many of so many steps are done.
    pub(crate) fn step(&self, message: &str, done: u64, of: u64) {
        self.style("{msg}  {bar:30} {percent}%  {eta}");
        self.inner.set_length(of);
        self.inner.set_position(done);
        self.inner.set_message(message.to_owned());
    }

    fn style(&self, template: &str) {
        // The templates are ours; one with a fault in it would show the default bar.
        let style = ProgressStyle::with_template(template);
        self.inner
            .set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    }

    pub(crate) fn done(&self) {
        self.inner.finish_and_clear();
    }
}
