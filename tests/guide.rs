//! The guide and the README quote the committed measurements as they are.

const README: &str = include_str!("../README.md");
const MEASUREMENTS: &str = include_str!("../docs/measurements.md");
const CONDITION_NUMBER: &str = include_str!("../src/guide/condition_number/2.md");
const NATURAL_METRIC: &str = include_str!("../src/guide/natural_metric/2.md");
const MINIBATCHES: &str = include_str!("../src/guide/minibatches.md");
const MINIBATCH: &str = include_str!("../examples/minibatch.rs");
const CHOOSING: &str = include_str!("../src/guide/choosing.md");

/// Numbers in running text, as the guide and as the page of measurements writes them.
const IN_TEXT: [(&str, &str, &str); 13] = [
    (CONDITION_NUMBER, "1 161 steps", "| 1 161 ("),
    (CONDITION_NUMBER, "115 884 for", "| 115 884 ("),
    (CONDITION_NUMBER, "135 and", "| 135 ("),
    (CONDITION_NUMBER, "1 356,", "| 1 356 ("),
    (NATURAL_METRIC, "2 718 against", "(2 718) |"),
    (NATURAL_METRIC, "against 24 at", "(24) |"),
    (CHOOSING, "1.4·10⁻¹⁵", "| ≤ 1.4e-15 |"),
    (CHOOSING, "8.9·10⁻¹⁴", "| 8.9e-14 |"),
    (CHOOSING, "8.0·10⁻¹⁴", "| 8.0e-14 |"),
    (README, "takes 1.10 and", "(1.10) |"),
    (README, "and 0.83 times", "(0.83) |"),
    (README, "takes 1.88 and", "(1.88) |"),
    (README, "and 1.44, and", "(1.44) |"),
];

/// With plain spaces, on one line.
fn plain(text: &str) -> String {
    text.replace(['\u{a0}', '\n'], " ")
}

#[test]
fn numbers_in_text_are_the_measured_ones() {
    for (chapter, quoted, measured) in IN_TEXT {
        assert!(plain(chapter).contains(quoted), "{quoted} left the guide");
        assert!(plain(MEASUREMENTS).contains(measured), "{quoted} is stale");
    }
}

/// Cells of the page have a count or a ratio in brackets behind the number that the guide quotes.
#[test]
fn numbers_in_tables_are_the_measured_ones() {
    let measurements = plain(MEASUREMENTS);
    for chapter in [NATURAL_METRIC, CHOOSING] {
        let rows = chapter.lines().filter(|line| {
            let first = line.strip_prefix("| ").and_then(|rest| rest.chars().next());
            first.is_some_and(|letter| letter.is_ascii_digit())
        });
        let mut quoted = 0;
        for row in rows {
            for cell in row.split('|').skip(2).map(str::trim) {
                if !cell.is_empty() {
                    let (number, ratio) = (format!("| {} (", plain(cell)), format!("({cell}) |"));
                    let is_measured = [number, ratio]
                        .iter()
                        .any(|form| measurements.contains(form));
                    assert!(is_measured, "{cell} is stale");
                    quoted += 1;
                }
            }
        }
        assert!(quoted >= 12, "the table left the guide");
    }
}

#[test]
fn the_chapter_has_the_example_as_it_stands() {
    let (_, code) = MINIBATCH.split_once('\n').unwrap();
    assert!(MINIBATCHES.contains(code));
}
