//! A guide for newcomers to the subject, in fourteen short chapters.
//!
//! It begins with what a gradient is and ends with the choice between descent and its rivals. Read
//! it in order, or begin where you like: each chapter says what it needs.
//!
//! | chapter | the question it answers |
//! |---|---|
//! | [`gradients`] | What is a gradient, and how do I know that mine is right? |
//! | [`inverse_by_descent`] | How do I find an inverse by guessing, and how long should a step be? |
//! | [`condition_number`] | Why do some matrices take a million steps? |
//! | [`natural_metric`] | How do a million steps become eleven? |
//! | [`certificates`] | How do I know that the answer is right? |
//! | [`polishing_and_tracking`] | What is a good guess worth? |
//! | [`singular_values`] | Can descent find singular values, too? |
//! | [`roots`] | What is the square root of a matrix, and how is it proven? |
//! | [`large_maps`] | What if the matrix is too large to write down? |
//! | [`structured_inverses`] | What if the answer has to be banded, or symmetric? |
//! | [`preconditioners`] | What makes a large sparse system easier? |
//! | [`your_own`] | How do I write an optimizer, a loss or an objective? |
//! | [`minibatches`] | What if the data are too many for a whole gradient? |
//! | [`choosing`] | Descent, LU or Krylov? |
//!
//! Every number in it is asserted by the code beside it, which the tests run, or comes from the
//! [table of measurements](https://docs.rs/crate/matrix-descent/latest/source/docs/measurements.md)
//! that `cargo bench --bench report -- --write` makes, or was measured once; the text says which. The
//! curves come from the runs that the text describes: `cargo run --release --example pictures --
//! --write` draws them.
//!
//! Matrices have capital letters: M is the given matrix, X its inverse or a guess at it, I the
//! identity. n is the number of rows. ‖A‖ is the Frobenius norm, the root of the sum of all squared
//! entries. σ₁ ≥ … ≥ σₙ are the singular values of M: the factors by which it stretches space in
//! its own n directions. ε is the distance from 1 to the next larger number, 2·10⁻¹⁶ in `f64`.

// The text of an SVG file is HTML to rustdoc, between blank lines. A chapter is cut where its
// picture belongs.

#[doc = include_str!("gradients/1.md")]
#[doc = ""]
#[doc = include_str!("../../docs/guide/gradients.svg")]
#[doc = ""]
#[doc = include_str!("gradients/2.md")]
pub mod gradients {}

#[doc = include_str!("inverse_by_descent/1.md")]
#[doc = ""]
#[doc = include_str!("../../docs/guide/inverse_by_descent.svg")]
#[doc = ""]
#[doc = include_str!("inverse_by_descent/2.md")]
pub mod inverse_by_descent {}

#[doc = include_str!("condition_number/1.md")]
#[doc = ""]
#[doc = include_str!("../../docs/guide/condition_number.svg")]
#[doc = ""]
#[doc = include_str!("condition_number/2.md")]
#[doc = include_str!("../../docs/measurements.svg")]
pub mod condition_number {}

#[doc = include_str!("natural_metric/1.md")]
#[doc = ""]
#[doc = include_str!("../../docs/guide/natural_metric.svg")]
#[doc = ""]
#[doc = include_str!("natural_metric/2.md")]
pub mod natural_metric {}

#[doc = include_str!("certificates/1.md")]
#[doc = ""]
#[doc = include_str!("../../docs/guide/certificates.svg")]
#[doc = ""]
#[doc = include_str!("certificates/2.md")]
pub mod certificates {}

#[doc = include_str!("polishing_and_tracking/1.md")]
#[doc = ""]
#[doc = include_str!("../../docs/guide/polishing_and_tracking.svg")]
#[doc = ""]
#[doc = include_str!("polishing_and_tracking/2.md")]
#[doc = ""]
#[doc = include_str!("../../docs/guide/tracking.svg")]
#[doc = ""]
#[doc = include_str!("polishing_and_tracking/3.md")]
pub mod polishing_and_tracking {}

#[doc = include_str!("singular_values/1.md")]
#[doc = ""]
#[doc = include_str!("../../docs/guide/sweeps.svg")]
#[doc = ""]
#[doc = include_str!("singular_values/2.md")]
#[doc = ""]
#[doc = include_str!("../../docs/guide/ranks.svg")]
#[doc = ""]
#[doc = include_str!("singular_values/3.md")]
pub mod singular_values {}

#[doc = include_str!("roots/1.md")]
#[doc = ""]
#[doc = include_str!("../../docs/guide/root_polynomials.svg")]
#[doc = ""]
#[doc = include_str!("roots/2.md")]
#[doc = ""]
#[doc = include_str!("../../docs/guide/root_steps.svg")]
#[doc = ""]
#[doc = include_str!("roots/3.md")]
#[doc = ""]
#[doc = include_str!("../../docs/guide/root_products.svg")]
#[doc = ""]
#[doc = include_str!("roots/4.md")]
pub mod roots {}

#[doc = include_str!("large_maps/1.md")]
#[doc = ""]
#[doc = include_str!("../../docs/guide/large_maps.svg")]
#[doc = ""]
#[doc = include_str!("large_maps/2.md")]
pub mod large_maps {}

#[doc = include_str!("structured_inverses/1.md")]
#[doc = ""]
#[doc = include_str!("../../docs/guide/structured_inverses.svg")]
#[doc = ""]
#[doc = include_str!("structured_inverses/2.md")]
pub mod structured_inverses {}

#[doc = include_str!("preconditioners.md")]
pub mod preconditioners {}

#[doc = include_str!("your_own.md")]
pub mod your_own {}

#[doc = include_str!("minibatches.md")]
pub mod minibatches {}

#[doc = include_str!("choosing.md")]
pub mod choosing {}
