//! Pictures: what is in them, and what can't be drawn.

use matrix_descent::plot::{
    Curve, Figure, HeatMap, HeatMaps, Line, PlotError, Scale, Theme, eigenvalues, loss_curves,
    singular_values,
};
use nalgebra::{DMatrix, dmatrix};

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

#[test]
fn every_cell_of_a_small_matrix_is_drawn_and_every_pixel_of_a_large_one() {
    let rectangles = |matrix: &DMatrix<f64>| {
        let maps = HeatMaps::new("").map(HeatMap::new("m", matrix).note("n"));
        let drawing = maps.draw().unwrap();
        assert!(texts(drawing.svg()).contains(&"n"));
        count(drawing.svg(), "rect")
    };
    // The background, the frame, and five swatches with frames; that of 0 has no colour.
    let others = 1 + 1 + 2 * 5 - 1;
    assert_eq!(rectangles(&DMatrix::from_element(3, 5, 1.0)), others + 15);
    assert_eq!(rectangles(&DMatrix::identity(3, 5)), others + 3);
    assert_eq!(
        rectangles(&DMatrix::from_element(300, 2, 1.0)),
        others + 144 * 2
    );
    // The largest entry of a block shows.
    let mut spike = DMatrix::zeros(1000, 1000);
    spike[(777, 123)] = -2.0;
    let maps = HeatMaps::new("").map(HeatMap::new("", &spike));
    assert!(maps.draw().unwrap().svg().contains("#D55E00"));
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
    assert!(matches!(many.draw(), Err(PlotError::InvalidSize { .. })));
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
