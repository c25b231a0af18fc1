//! The plot of a run: one panel of horizontal bars per plotted measure, readable on light and dark
//! pages alike.

use std::fmt::Write as _;

use crate::{
    peer::Peer,
    results::Series,
    statistics::{Better, Summary, summary},
};

const WIDTH: f64 = 760.0;
const MARGIN: f64 = 16.0;
/// Where bars begin; names stand left of it.
const AXIS: f64 = 170.0;
/// Where the longest range may end; figures stand right of it.
const BAR_END: f64 = 640.0;
const BAR_HEIGHT: f64 = 18.0;
const ROW_HEIGHT: f64 = 26.0;
const TITLE_HEIGHT: f64 = 44.0;

/// Colours are named once for each background; the bars of Cloakroom stand out.
const STYLE: &str = "
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600 }
  .unit { fill: #57606a }
  .bar { fill: #8c959f }
  .ours { fill: #0969da }
  .range { stroke: #24292f; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .unit { fill: #9da7b3 }
    .bar { fill: #6e7681 }
    .ours { fill: #4493f8 }
    .range { stroke: #e6edf3 }
  }
";

/// The plot of those of `series` that ask for it, if any do.
#[must_use]
pub(crate) fn svg(series: &[Series]) -> Option<String> {
    let panels: Vec<_> = series.iter().filter(|series| series.measure.plotted).collect();
    if panels.is_empty() {
        return None;
    }
    let mut body = String::new();
    let mut top = MARGIN;
    for panel in panels {
        top = draw_panel(panel, top, &mut body);
    }
    let height = top + MARGIN;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n<title>Benchmark results</title>\n\
         <style>{STYLE}</style>\n{body}</svg>\n"
    ))
}

/// Draws one measure below `top` and returns where the next begins.
fn draw_panel(series: &Series, top: f64, out: &mut String) -> f64 {
    let measure = &series.measure;
    let better = match measure.better {
        Better::Less => "less is better",
        Better::More => "more is better",
    };
    let (title, unit) = (escaped(&measure.title), escaped(measure.unit));
    line(out, format_args!("<text class=\"title\" x=\"{MARGIN}\" y=\"{}\">{title}</text>", top + 14.0));
    let caption = format!("{unit}, {better}; line: least to greatest");
    line(out, format_args!("<text class=\"unit\" x=\"{MARGIN}\" y=\"{}\">{caption}</text>", top + 32.0));
    let bars: Vec<_> =
        series.rows.iter().filter_map(|(peer, values)| Some((*peer, summary(values)?))).collect();
    let longest = bars.iter().map(|(_, bar)| bar.max).fold(f64::MIN_POSITIVE, f64::max);
    let mut y = top + TITLE_HEIGHT;
    for (peer, bar) in bars {
        draw_bar(peer, bar, longest, y, out);
        y += ROW_HEIGHT;
    }
    y + MARGIN
}

fn draw_bar(peer: Peer, bar: Summary, longest: f64, y: f64, out: &mut String) {
    let place = |value: f64| AXIS + (BAR_END - AXIS) * value / longest;
    let (middle, baseline) = (y + BAR_HEIGHT / 2.0, y + 13.5);
    let class = if matches!(peer, Peer::Cloakroom | Peer::CloakroomMemory) { "ours" } else { "bar" };
    line(
        out,
        format_args!(
            "<text x=\"{:.1}\" y=\"{baseline:.1}\" text-anchor=\"end\">{}</text>",
            AXIS - 8.0,
            peer.name()
        ),
    );
    let width = place(bar.median) - AXIS;
    line(
        out,
        format_args!(
            "<rect class=\"{class}\" x=\"{AXIS}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR_HEIGHT}\"/>"
        ),
    );
    let (from, to) = (place(bar.min), place(bar.max));
    line(
        out,
        format_args!(
            "<line class=\"range\" x1=\"{from:.1}\" y1=\"{middle:.1}\" x2=\"{to:.1}\" y2=\"{middle:.1}\"/>"
        ),
    );
    let right = to.max(place(bar.median)) + 8.0;
    line(out, format_args!("<text x=\"{right:.1}\" y=\"{baseline:.1}\">{}</text>", figure(bar.median)));
}

/// A figure with three significant digits or all those before the point.
#[must_use]
pub(crate) fn figure(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("writing to memory does not fail");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Measure, Results};

    fn results(plotted: bool) -> Results {
        let measure = Measure {
            title: "p99 < 1 ms & more".into(),
            unit: "µs",
            better: Better::Less,
            baseline: Peer::Redis,
            plotted,
        };
        let mut results = Results::default();
        for value in [20.0, 10.0, 40.0] {
            results.record(&measure, Peer::Cloakroom, value);
        }
        results.record(&measure, Peer::Redis, 10.0);
        results
    }

    #[test]
    fn the_plot_is_well_formed_and_to_scale() {
        let text = svg(&results(true).series).unwrap();
        let document = roxmltree::Document::parse(&text).unwrap();
        let of = |name| document.descendants().filter(move |node| node.has_tag_name(name));
        let bars: Vec<_> = of("rect").map(|bar| bar.attribute("width").unwrap()).collect();
        // The greatest value, 40, ends at BAR_END; the medians are 20 and 10.
        assert_eq!(bars, ["235.0", "117.5"]);
        let classes: Vec<_> = of("rect").map(|bar| bar.attribute("class").unwrap()).collect();
        assert_eq!(classes, ["ours", "bar"]);
        let texts: Vec<_> = of("text").filter_map(|text| text.text()).collect();
        assert!(texts.contains(&"p99 < 1 ms & more") && texts.contains(&"20.0"), "{texts:?}");
        assert!(text.contains("prefers-color-scheme: dark"));
    }

    #[test]
    fn nothing_plotted_means_no_plot() {
        assert_eq!(svg(&results(false).series), None);
    }

    #[test]
    fn figures_have_three_significant_digits() {
        let table =
            [(12_345.6, "12346"), (99.96, "100.0"), (12.34, "12.3"), (1.234, "1.23"), (0.0123, "0.012")];
        for (value, expected) in table {
            assert_eq!(figure(value), expected);
        }
    }
}
