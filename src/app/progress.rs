//! Progress on a terminal: a bar with counts for long work, nothing elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over a known number of steps; hidden when there is no terminal.
pub(crate) fn bar(visible: bool, steps: u64, what: &'static str) -> ProgressBar {
    let target = if visible {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(steps), target);
    if let Ok(style) =
        ProgressStyle::with_template("{prefix:>10} [{bar:30}] {human_pos}/{human_len} {wide_msg}")
    {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_prefix(what);
    bar
}

/// A sign of life for work whose end is not known: how many pages have come, and of what.
pub(crate) fn pages(visible: bool, what: &'static str) -> ProgressBar {
    let target = if visible {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template(
        "{prefix:>10} {spinner} {human_pos} pages in {elapsed}  {wide_msg}",
    ) {
        bar.set_style(style);
    }
    bar.set_prefix(what);
    bar
}
