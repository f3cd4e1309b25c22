//! A linear map of this crate, as one of faer's.

use std::fmt::Debug;

use faer::Par;
use faer::dyn_stack::{MemStack, StackReq};
use faer::mat::{MatMut, MatRef};
use faer::matrix_free::{BiLinOp, LinOp};
use matrix_descent::LinearMap;

/// For one right-hand side at a time.
#[derive(Debug)]
pub struct FaerMap<'a, A>(pub &'a A);

type Product<A> = fn(&A, &[f64], &mut [f64]);

impl<A: LinearMap<f64>> FaerMap<'_, A> {
    fn multiply(&self, product: Product<A>, mut out: MatMut<'_, f64>, rhs: MatRef<'_, f64>) {
        for j in 0..rhs.ncols() {
            let x = rhs.col(j).try_as_col_major().expect("a column");
            let image = out.as_mut().col_mut(j);
            let image = image.try_as_col_major_mut().expect("a column");
            product(self.0, x.as_slice(), image.as_slice_mut());
        }
    }
}

impl<A: LinearMap<f64> + Sync + Debug> LinOp<f64> for FaerMap<'_, A> {
    fn apply_scratch(&self, _columns: usize, _par: Par) -> StackReq {
        StackReq::EMPTY
    }

    fn nrows(&self) -> usize {
        self.0.rows()
    }

    fn ncols(&self) -> usize {
        self.0.columns()
    }

    fn apply(&self, out: MatMut<'_, f64>, rhs: MatRef<'_, f64>, _: Par, _: &mut MemStack) {
        self.multiply(A::apply, out, rhs);
    }

    fn conj_apply(&self, out: MatMut<'_, f64>, rhs: MatRef<'_, f64>, _: Par, _: &mut MemStack) {
        self.multiply(A::apply, out, rhs);
    }
}

impl<A: LinearMap<f64> + Sync + Debug> BiLinOp<f64> for FaerMap<'_, A> {
    fn transpose_apply_scratch(&self, _columns: usize, _par: Par) -> StackReq {
        StackReq::EMPTY
    }

    fn transpose_apply(
        &self,
        out: MatMut<'_, f64>,
        rhs: MatRef<'_, f64>,
        _: Par,
        _: &mut MemStack,
    ) {
        self.multiply(A::apply_adjoint, out, rhs);
    }

    fn adjoint_apply(&self, out: MatMut<'_, f64>, rhs: MatRef<'_, f64>, _: Par, _: &mut MemStack) {
        self.multiply(A::apply_adjoint, out, rhs);
    }
}
