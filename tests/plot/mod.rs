//! Pictures: what is in them, and what can't be drawn.

use matrix_descent::plot::{
    Curve, Figure, HeatMap, HeatMaps, Line, PlotError, Scale, Theme, eigenvalues, loss_curves,
    singular_values,
};
use nalgebra::{DMatrix, dmatrix, dvector};

/// The contents of all elements of one kind.
fn texts(svg: &str) -> Vec<&str> {
    let elements = svg.split("<text ").skip(1);
    elements
        .map(|element| {
            let (_, rest) = element.split_once('>').unwrap();
            rest.split_once("</text>").unwrap().0.trim()
        })
        .collect()
}

fn count(svg: &str, element: &str) -> usize {
    svg.matches(&format!("<{element} ")).count()
}

#[test]
fn a_figure_says_what_it_shows() {
    let runs: [(&str, &[f64]); 2] = [("plain", &[1.0, 1e-10, 1e-20]), ("fast <&", &[1.0, 1e-30])];
    let drawing = loss_curves("Losses", &runs).draw().unwrap();
    let found = texts(drawing.svg());
    for expected in [
        "Losses",
        "steps",
        "loss",
        "plain",
        "10⁻³⁰",
        "10⁻²⁰",
        "fast &lt;&amp;",
    ] {
        assert!(found.contains(&expected), "{expected}: {found:?}");
    }
    assert_eq!(drawing.size(), (720, 480));
    assert!(
        drawing
            .svg()
            .starts_with("<svg width=\"720\" height=\"480\"")
    );
}

#[test]
fn points_that_the_axes_do_not_have_leave_gaps() {
    let points = [
        1.0,
        2.0,
        f64::NAN,
        3.0,
        4.0,
        -1.0,
        0.0,
        f64::INFINITY,
        5.0,
        6.0,
    ];
    let curve = || Curve::new("", (0..).map(f64::from).zip(points));
    let draw = |scale| {
        let figure = Figure::new("").y_axis("", scale).curve(curve());
        figure.draw().unwrap()
    };
    // The lines of the grid have two ends as well; those of the curve are wider.
    let lines = |scale| draw(scale).svg().matches("stroke-width=\"2\"").count();
    assert_eq!(lines(Scale::Linear), 3);
    assert_eq!(lines(Scale::Logarithmic), 3);
    // A single point between gaps is a mark.
    let lonely = Curve::new("", [(0.0, 1.0), (1.0, f64::NAN), (2.0, 3.0), (3.0, 4.0)]);
    let drawing = Figure::new("").curve(lonely).draw().unwrap();
    assert_eq!(count(drawing.svg(), "circle"), 1);
}

#[test]
fn only_named_curves_are_listed_and_a_list_takes_its_room() {
    let points = || [(0.0, 0.0), (1.0, 1.0)];
    let right_end = |name: &str| {
        let drawing = Figure::new("")
            .curve(Curve::new(name, points()))
            .draw()
            .unwrap();
        let frame = drawing.svg().split("<rect ").last().unwrap().to_owned();
        let number = |key: &str| -> f64 {
            let (_, rest) = frame.split_once(&format!("{key}=\"")).unwrap();
            rest.split_once('"').unwrap().0.parse().unwrap()
        };
        number("x") + number("width")
    };
    assert!(right_end("") > 680.0);
    assert!(right_end("a long name of a curve") < 500.0);
}

#[test]
fn curves_on_one_another_differ_in_dashes() {
    let losses: Vec<f64> = (0..50).map(|step| 0.5_f64.powi(step)).collect();
    let runs: [(&str, &[f64]); 3] = [("a", &losses), ("b", &losses), ("c", &losses)];
    let drawing = loss_curves("", &runs).draw().unwrap();
    // Each dash is an element of its own.
    let strokes = |color: &str| {
        drawing
            .svg()
            .matches(&format!("stroke=\"{color}\""))
            .count()
    };
    assert_eq!(strokes("#0072B2"), 2);
    assert!(strokes("#D55E00") > 10 && strokes("#008762") > strokes("#D55E00"));
}

#[test]
fn every_point_is_on_its_axes() {
    // A mark each, also where the ends of the axis are rounded and where points share a column.
    let close = 193_916.701_894_858_65;
    for ends in [
        [close, close + 1e-10],
        [1e-300, 2e-300],
        [-3.0, 1e15],
        [0.1, 0.1 + 1e-15],
    ] {
        for scale in [Scale::Linear, Scale::Logarithmic] {
            if scale == Scale::Logarithmic && ends[0] < 0.0 {
                continue;
            }
            let points = [(1.0, ends[0]), (2.0, ends[1])];
            let figure = Figure::new("").y_axis("", scale);
            let figure = figure.curve(Curve::new("", points).line(Line::Marked));
            let found = count(figure.draw().unwrap().svg(), "circle");
            assert_eq!(found, 2, "{ends:?}, {scale:?}");
        }
    }
    let column = Curve::new("", (0..5).map(|y| (1.0, f64::from(y)))).line(Line::Marked);
    let drawing = Figure::new("").curve(column).draw().unwrap();
    assert_eq!(count(drawing.svg(), "circle"), 5);
}

#[test]
fn neighbouring_marks_have_different_labels() {
    for ends in [
        [1_234_560.0, 1_234_570.0],
        [3.21e-7, 3.210_03e-7],
        [5.0, 5.0 + 1e-12],
    ] {
        for scale in [Scale::Linear, Scale::Logarithmic] {
            let curve = Curve::new("", [(0.0, ends[0]), (1.0, ends[1])]);
            let drawing = Figure::new("")
                .x_range(0.0..1.0)
                .y_axis("", scale)
                .curve(curve);
            let drawing = drawing.draw().unwrap();
            let labels = texts(drawing.svg());
            let mut different = labels.clone();
            different.sort_unstable();
            different.dedup();
            // The title and both names are empty.
            assert!(
                different.len() + 2 >= labels.len(),
                "{ends:?}, {scale:?}: {labels:?}"
            );
        }
    }
}

#[test]
fn a_range_outlives_a_change_of_the_axis() {
    let curve = || Curve::new("", [(0.0, 0.0), (50.0, 1.0)]);
    let before = Figure::new("")
        .x_range(0.0..100.0)
        .x_axis("x", Scale::Linear);
    let after = Figure::new("")
        .x_axis("x", Scale::Linear)
        .x_range(0.0..100.0);
    let (before, after) = (before.curve(curve()).draw(), after.curve(curve()).draw());
    assert_eq!(before.unwrap(), after.unwrap());
}

#[test]
fn spectra_are_marked() {
    let values = [4.0, 2.0, 1.0, 0.0];
    let drawing = singular_values("", &[("σ", &values)]).draw().unwrap();
    // Three points above 0, and the sample beside the name.
    assert_eq!(count(drawing.svg(), "circle"), 4);
    let drawing = eigenvalues("", &[("", &[-1.0_f32, 0.0, 2.0])])
        .draw()
        .unwrap();
    assert_eq!(count(drawing.svg(), "circle"), 3);
    assert!(texts(drawing.svg()).contains(&"−1.0"));
}

#[test]
fn points_on_one_another_differ_in_marks() {
    let values = [4.0, 2.0, 1.0];
    let all: [(&str, &[f64]); 3] = [("a", &values), ("b", &values), ("c", &values)];
    let drawing = singular_values("", &all).draw().unwrap();
    // A point each, and the sample beside the name.
    let of_radius = |radius| drawing.svg().matches(&format!("r=\"{radius}\"")).count();
    assert_eq!((of_radius(3), of_radius(5)), (4, 4));
    let strokes = drawing
        .svg()
        .matches("stroke=\"#008762\" stroke-width=\"2\"");
    assert_eq!(strokes.count(), 2 * 4);
}

#[test]
fn eighteen_curves_differ_in_colour_or_dashes() {
    let draw = |place: usize| {
        let others = (0..place).map(|_| Curve::new("", []));
        let curve = Curve::new("", [(0.0, 0.0), (1.0, 1.0)]);
        let figure = Figure::new("").curves(others).curve(curve);
        figure.draw().unwrap().svg().to_owned()
    };
    let mut different: Vec<String> = (0..18).map(draw).collect();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), 18);
}

#[test]
fn lines_with_gaps_lie_on_those_without() {
    let curve = |line| Curve::new("", [(0.0, 0.0), (1.0, 1.0)]).line(line);
    let lines = [Line::Dotted, Line::Dashed, Line::Solid, Line::Thin];
    let drawing = Figure::new("").curves(lines.map(curve)).draw().unwrap();
    let last = |color: &str| drawing.svg().rfind(&format!("stroke=\"{color}\"")).unwrap();
    let colors = ["#B05488", "#008762", "#D55E00", "#0072B2"];
    assert!(colors.map(last).is_sorted(), "{}", drawing.svg());
}

#[test]
fn a_neutral_curve_has_the_colour_of_text() {
    let curve = Curve::new("limit", [(0.0, 1.0), (1.0, 1.0)]).neutral();
    let drawing = Figure::new("").curve(curve).draw().unwrap();
    // The line and its sample.
    assert_eq!(
        drawing
            .svg()
            .matches("stroke=\"#24292F\" stroke-width=\"2\"")
            .count(),
        2
    );
}

#[test]
fn a_noisy_curve_has_a_limited_number_of_dashes() {
    let noisy: Vec<f64> = (0..100_000_u32)
        .map(|i| f64::from(i.wrapping_mul(2_654_435_761)) + 1.0)
        .collect();
    let runs: [(&str, &[f64]); 3] = [("a", &noisy), ("b", &noisy), ("c", &noisy)];
    let drawing = loss_curves("", &runs).draw().unwrap();
    assert!(drawing.svg().len() < 500_000, "{}", drawing.svg().len());
}

#[test]
fn a_long_title_has_several_lines() {
    let word = "title ";
    let curve = || Curve::new("", [(0.0, 0.0), (1.0, 1.0)]);
    let drawing = Figure::new(word.repeat(40)).curve(curve()).draw().unwrap();
    let lines: Vec<&str> = texts(drawing.svg())
        .into_iter()
        .filter(|text| text.contains("title"))
        .collect();
    assert!(lines.len() > 2);
    assert_eq!(lines.join(" ") + " ", word.repeat(40));
    assert!(lines.iter().all(|line| line.len() < 720 / 8));
    // Without room for the plot below it, it is an error.
    let long = Figure::new(word.repeat(400)).curve(curve());
    assert!(long.draw().unwrap().size().1 > 480);
    let found = long.size(720, 480).draw();
    assert!(matches!(found, Err(PlotError::InvalidSize { .. })));
}

#[test]
fn steps_are_whole_numbers() {
    let drawing = loss_curves("", &[("", &[1.0_f32, 0.5, 0.25])])
        .draw()
        .unwrap();
    let steps: Vec<&str> = texts(drawing.svg())
        .into_iter()
        .skip_while(|text| *text != "0")
        .collect();
    assert_eq!(steps, ["0", "1", "2", "steps", "loss"]);
    // A single step.
    let drawing = loss_curves("", &[("", &[0.5])]).draw().unwrap();
    assert_eq!(count(drawing.svg(), "circle"), 1);
    assert!(!texts(drawing.svg()).contains(&"−1"));
}

#[test]
fn a_picture_for_a_page_has_its_colours_and_no_empty_line() {
    let curve = Curve::new("", [(0.0, 0.0), (1.0, 1.0)]);
    let figure = Figure::new("")
        .theme(Theme::Page)
        .curve(curve)
        .draw()
        .unwrap();
    let maps = HeatMaps::new("#010203")
        .theme(Theme::Page)
        .map(HeatMap::new("", &dmatrix![f64::NAN]));
    for drawing in [figure.clone(), maps.draw().unwrap(), figure.beside(&figure)] {
        let html = drawing.for_page("1 < 2 & \"so on\"\n");
        assert!(
            html.contains("aria-label=\"1 &lt; 2 &amp; &quot;so on&quot; \""),
            "{html}"
        );
        let (head, _) = html.split_once('>').unwrap();
        assert!(
            head.contains("max-width") && !head.contains(" height="),
            "{head}"
        );
        assert!(html.contains("currentColor") && !html.contains("\"#010203\""));
        assert!(html.lines().all(|line| !line.trim().is_empty()), "{html}");
        assert!(!html.contains("fill=\"#FFFFFF\""));
    }
}

#[test]
fn a_theme_sets_background_and_text() {
    let figure = |theme| {
        let figure = Figure::new("t").curve(Curve::new("", [(0.0, 0.0), (1.0, 1.0)]));
        figure.theme(theme).draw().unwrap().svg().to_owned()
    };
    for (theme, background, ink) in [
        (Theme::Light, "#FFFFFF", "#24292F"),
        (Theme::Dark, "#0D1117", "#E6EDF3"),
    ] {
        let svg = figure(theme);
        let first = svg.split("<rect ").nth(1).unwrap();
        assert!(first.contains(background), "{theme:?}: {first}");
        assert!(svg.contains(&format!("fill=\"{ink}\"")), "{theme:?}");
    }
}

/// The rectangles of cells that have this colour and strength: left, top, width, height.
fn cells(svg: &str, color: &str, strength: f64) -> Vec<[i32; 4]> {
    let start = format!("<path fill=\"{color}\" fill-opacity=\"{strength}\" d=\"M");
    let Some((_, path)) = svg.split_once(&start) else {
        return Vec::new();
    };
    let outlines = path.split('"').next().unwrap().split('M');
    let numbers = |outline: &str| {
        let all = outline.split([' ', 'h', 'v', '-', 'z']);
        let mut all = all.filter_map(|number| number.parse().ok());
        [(); 4].map(|()| all.next().unwrap())
    };
    outlines.map(numbers).collect()
}

fn area(cells: &[[i32; 4]]) -> i32 {
    cells
        .iter()
        .map(|[_, _, width, height]| width * height)
        .sum()
}

#[test]
fn a_heat_map_shows_every_entry() {
    const BLUE: &str = "#0072B2";
    const ORANGE: &str = "#D55E00";
    let drawn = |matrix: &DMatrix<f64>| {
        let maps = HeatMaps::new("").map(HeatMap::new("m", matrix).note("n"));
        let drawing = maps.draw().unwrap();
        assert!(texts(drawing.svg()).contains(&"n"));
        drawing.svg().to_owned()
    };
    // The last rectangle of full colour is the swatch.
    let of_map = |svg: &str, color: &str, strength: f64| -> Vec<[i32; 4]> {
        let cells = cells(svg, color, strength);
        cells
            .into_iter()
            .filter(|[_, top, ..]| (44..188).contains(top))
            .collect()
    };
    let (map, third) = (144 * 144, 48);
    // Neighbours that look alike are one rectangle, so that columns of 1 are.
    let ones = drawn(&DMatrix::from_element(3, 6, 1.0));
    assert_eq!(of_map(&ones, BLUE, 1.0).len(), 6);
    assert_eq!(area(&of_map(&ones, BLUE, 1.0)), map);
    let diagonal = drawn(&DMatrix::from_diagonal(&dvector![1.0, -1.0, 0.16]));
    assert_eq!(of_map(&diagonal, BLUE, 1.0), [[16, 44, third, third]]);
    assert_eq!(of_map(&diagonal, ORANGE, 1.0), [[64, 92, third, third]]);
    assert_eq!(of_map(&diagonal, BLUE, 0.4), [[112, 140, third, third]]);
    // More rows than pixels.
    let tall = drawn(&DMatrix::from_fn(300, 2, |i, _| {
        (-1.0_f64).powi(i as i32 / 150)
    }));
    assert_eq!(area(&of_map(&tall, BLUE, 1.0)), map / 2);
    assert_eq!(area(&of_map(&tall, ORANGE, 1.0)), map / 2);
    // The largest entry of a block shows.
    let mut spike = DMatrix::zeros(1000, 1000);
    spike[(777, 123)] = -2.0;
    assert_eq!(area(&of_map(&drawn(&spike), ORANGE, 1.0)), 1);
    // A smooth map has few rectangles, a rough one of every pixel stays below a megabyte.
    let rough = drawn(&DMatrix::from_fn(500, 500, |i, j| {
        ((i * i + 7 * j * i) as f64).sin()
    }));
    assert!(rough.len() < 1_000_000, "{}", rough.len());
}

#[test]
fn entries_that_are_not_numbers_are_grey_and_explained() {
    let matrix = dmatrix![f64::NAN, 1.0; 0.0, f64::INFINITY];
    let svg = HeatMaps::new("")
        .map(HeatMap::new("", &matrix))
        .draw()
        .unwrap();
    assert!(texts(svg.svg()).contains(&"NaN"));
    // The entry and the swatch; infinity looks like the largest entry.
    assert_eq!(cells(svg.svg(), "#24292F", 0.45).len(), 2);
    assert_eq!(area(&cells(svg.svg(), "#0072B2", 1.0)), 72 * 144 + 16 * 16);
    let svg = HeatMaps::new("")
        .map(HeatMap::new("", &dmatrix![1.0]))
        .draw()
        .unwrap();
    assert!(!texts(svg.svg()).contains(&"NaN"));
}

#[test]
fn drawings_join_on_one_sheet() {
    let drawing = |size: (u32, u32)| {
        let figure = Figure::new("t").curve(Curve::new("", [(0.0, 0.0), (1.0, 1.0)]));
        figure.size(size.0, size.1).draw().unwrap()
    };
    let (wide, tall) = (drawing((500, 300)), drawing((300, 400)));
    assert_eq!(wide.beside(&tall).size(), (800, 400));
    let sheet = wide.above(&tall);
    assert_eq!(sheet.size(), (500, 700));
    assert!(sheet.svg().contains("<svg x=\"0\" y=\"300\" width=\"300\""));
    assert_eq!(sheet.svg().matches("<svg ").count(), 3);
    assert_eq!(sheet.svg().matches("</svg>").count(), 3);
}

#[test]
fn what_can_not_be_drawn_is_an_error() {
    let curve = || Curve::new("", [(0.0, 1.0), (1.0, 2.0)]);
    let nothing = [
        Figure::new("t"),
        Figure::new("t").curve(Curve::new("", [])),
        Figure::new("t").curve(Curve::new("", [(f64::NAN, 1.0), (1.0, f64::INFINITY)])),
        loss_curves("t", &[("", &[0.0, 0.0])]),
        Figure::new("t")
            .x_axis("", Scale::Logarithmic)
            .curve(Curve::new("", [(0.0, 1.0)])),
    ];
    for figure in nothing {
        let found = figure.draw();
        assert!(matches!(&found, Err(PlotError::NothingToDraw { title }) if title == "t"));
    }
    assert!(matches!(
        HeatMaps::new("").draw(),
        Err(PlotError::NothingToDraw { .. })
    ));
    for range in [1.0..1.0, 2.0..1.0, f64::NAN..1.0, 0.0..f64::INFINITY] {
        let figure = Figure::new("").curve(curve()).y_range(range);
        assert!(matches!(figure.draw(), Err(PlotError::InvalidRange { .. })));
    }
    let logarithmic = Figure::new("")
        .y_axis("", Scale::Logarithmic)
        .curve(curve());
    assert!(matches!(
        logarithmic.y_range(0.0..1.0).draw(),
        Err(PlotError::InvalidRange { start: 0.0, .. })
    ));
    for (width, height) in [
        (0, 0),
        (100, 480),
        (720, 90),
        (720, 30_000),
        (u32::MAX, 480),
    ] {
        let found = Figure::new("").curve(curve()).size(width, height).draw();
        assert!(
            matches!(found, Err(PlotError::InvalidSize { .. })),
            "{width}×{height}"
        );
    }
    let many = (0..40).fold(Figure::new(""), |figure, place| {
        figure.curve(Curve::new(
            format!("curve {place}"),
            [(0.0, 1.0), (1.0, 2.0)],
        ))
    });
    assert!(many.draw().unwrap().size().1 > 40 * 20);
    let small = many.clone().size(720, 480);
    assert!(matches!(small.draw(), Err(PlotError::InvalidSize { .. })));
    assert!(many.size(720, 1100).draw().is_ok());
    let matrix = dmatrix![1.0];
    for largest in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let maps = HeatMaps::new("")
            .map(HeatMap::new("", &matrix))
            .largest(largest);
        assert!(matches!(maps.draw(), Err(PlotError::InvalidRange { .. })));
    }
    let drawing = Figure::new("")
        .curve(curve().line(Line::Dashed))
        .draw()
        .unwrap();
    let nowhere = drawing.write("no/such/folder/picture.svg");
    assert!(matches!(nowhere, Err(PlotError::File { .. })));
}

#[test]
fn extreme_values_are_drawn() {
    let values = [f64::MAX, 1.0, f64::MIN_POSITIVE, 5e-324, f64::EPSILON];
    for scale in [Scale::Linear, Scale::Logarithmic] {
        let points = values.map(|value| (value, value));
        let figure = Figure::new("").x_axis("", scale).y_axis("", scale);
        assert!(
            figure.curve(Curve::new("", points)).draw().is_ok(),
            "{scale:?}"
        );
    }
    for entry in [f64::MAX, 5e-324, 0.0, f64::NAN, f64::INFINITY] {
        let maps = HeatMaps::new("").map(HeatMap::new("", &dmatrix![entry, 1.0]));
        assert!(maps.draw().is_ok(), "{entry}");
    }
}

#[test]
fn long_names_have_room() {
    let curve = |name: &str| Curve::new(name, [(0.0, 1.0), (1.0, 2.0)]);
    let long = "word ".repeat(30);
    let named = Figure::new("t").curve(curve(&long)).draw().unwrap();
    assert!(named.size().0 > 1000, "{:?}", named.size());
    let axes = Figure::new("t")
        .x_axis(long.as_str(), Scale::Linear)
        .y_axis(long.as_str(), Scale::Linear)
        .curve(curve(""));
    let drawing = axes.draw().unwrap();
    let lines = texts(drawing.svg());
    let of_names = lines.iter().filter(|line| line.starts_with("word"));
    assert!(of_names.clone().count() > 4);
    assert!(of_names.clone().all(|line| line.len() < 100), "{lines:?}");
    let words: usize = of_names.map(|line| line.split(' ').count()).sum();
    assert_eq!(words, 60);
}

#[test]
fn labels_do_not_touch_in_small_pictures() {
    let figure = Figure::new("t").curve(Curve::new("", (0..9).map(|i| (f64::from(i), 1e3))));
    let figure = figure
        .y_range(0.0..9.0)
        .curve(Curve::new("", [(0.0, 0.0), (8.0, 9.0)]));
    let small = figure.size(280, 180).draw().unwrap();
    let heights = small.svg().split("<text ").skip(1).filter_map(|text| {
        let is_on_the_left = text.contains("text-anchor=\"end\"");
        let height = text.split_once(" y=\"")?.1.split_once('"')?.0;
        is_on_the_left.then(|| height.parse::<i32>().unwrap())
    });
    let mut heights: Vec<i32> = heights.collect();
    heights.sort_unstable();
    assert!(heights.len() >= 3, "{heights:?}");
    assert!(
        heights.windows(2).all(|pair| pair[1] - pair[0] >= 15),
        "{heights:?}"
    );
}

#[test]
fn legends_have_few_digits_and_texts_no_forbidden_letters() {
    let matrix = dmatrix![1.000_000_000_2, 0.1];
    let maps = HeatMaps::new("a\u{ffff}b\u{fffe}c\u{7}").map(HeatMap::new("", &matrix));
    let drawing = maps.draw().unwrap();
    let texts = texts(drawing.svg());
    assert_eq!(texts, ["abc", "−1", "−0.1", "0", "0.1", "1"]);
}
