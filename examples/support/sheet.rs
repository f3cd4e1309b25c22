//! Several drawings on one white sheet.

/// A drawing as SVG, with its width and height.
pub struct Drawing {
    pub svg: String,
    pub size: (u32, u32),
}

/// The drawings one below another, as SVG.
pub fn stacked(drawings: &[Drawing]) -> String {
    let width = drawings.iter().map(|drawing| drawing.size.0).max();
    let width = width.unwrap_or_default();
    let height: u32 = drawings.iter().map(|drawing| drawing.size.1).sum();
    let mut sheet = format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         xmlns=\"http://www.w3.org/2000/svg\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#FFFFFF\"/>\n"
    );
    let mut top = 0;
    for drawing in drawings {
        sheet += &format!(
            "<g transform=\"translate(0 {top})\">\n{}</g>\n",
            drawing.svg
        );
        top += drawing.size.1;
    }
    sheet + "</svg>\n"
}
