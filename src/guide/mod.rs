//! A guide for whoever meets the subject first, in ten short chapters.
//!
//! It begins with what a gradient is and ends with the choice between descent and its rivals. Read it in
//! order, or begin where you like: each chapter says what it needs.
//!
//! | chapter | the question it answers |
//! |---|---|
//! | [`gradients`] | What is a gradient, and how do I know that mine is right? |
//! | [`inverse_by_descent`] | How does one find an inverse by guessing, and how long should a step be? |
//! | [`condition_number`] | Why do some matrices take a million steps? |
//! | [`natural_metric`] | How do a million steps become eleven? |
//! | [`certificates`] | How do I know that the answer is right? |
//! | [`polishing_and_tracking`] | What is a good guess worth? |
//! | [`singular_values`] | Can descent find singular values, too? |
//! | [`structured_inverses`] | What if the answer has to be banded, or symmetric? |
//! | [`your_own`] | How do I write an optimizer, a loss or an objective? |
//! | [`choosing`] | Descent, LU or Krylov? |
//!
//! Every number in it is asserted by the code beside it, which the tests run, or comes from the
//! [table of measurements](https://docs.rs/crate/matrix-descent/latest/source/docs/measurements.md) that
//! `cargo bench --bench report -- --write` makes; the text says so where it does.
//!
//! Matrices have capital letters: M is the matrix given, X the one sought, I the identity. n is the
//! number of rows. ‖A‖ is the Frobenius norm, the root of the sum of all squared entries. σ₁ ≥ … ≥ σₙ
//! are the singular values of M: the factors by which it stretches space in its own n directions. ε is
//! the distance from 1 to the next larger number, 2·10⁻¹⁶ in `f64`.

#[doc = include_str!("gradients.md")]
pub mod gradients {}

#[doc = include_str!("inverse_by_descent.md")]
pub mod inverse_by_descent {}

#[doc = include_str!("condition_number.md")]
#[doc = include_str!("../../docs/measurements.svg")] // text of SVG is HTML to rustdoc
pub mod condition_number {}

#[doc = include_str!("natural_metric.md")]
pub mod natural_metric {}

#[doc = include_str!("certificates.md")]
pub mod certificates {}

#[doc = include_str!("polishing_and_tracking.md")]
pub mod polishing_and_tracking {}

#[doc = include_str!("singular_values.md")]
pub mod singular_values {}

#[doc = include_str!("structured_inverses.md")]
pub mod structured_inverses {}

#[doc = include_str!("your_own.md")]
pub mod your_own {}

#[doc = include_str!("choosing.md")]
pub mod choosing {}
