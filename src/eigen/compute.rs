//! The call: a search, second looks in the complement of what was found, and a last check.

use nalgebra::{DMatrix, DVector};

use crate::descent::{Observer, StopReason};
use crate::eigen::certificate::{EigenCertificate, OutermostEvidence, ResidualBounds, spread};
use crate::eigen::config::{EigenConfig, End};
use crate::eigen::error::EigenError;
use crate::eigen::goal::Goal;
use crate::eigen::problem::{Operator, products_of};
use crate::eigen::result::{EigenRoute, Eigenpairs};
use crate::eigen::search::{
    Beginning, Found, Locked, Problem, Search, Watch, decompose, extend, symmetric_part,
};
use crate::eigen::whole::{all_pairs, asymmetry};
use crate::krylov::basis::Basis;
use crate::krylov::blocks::combination;
use crate::krylov::random_start;
use crate::linear_map::LinearMap;
use crate::linear_map::sums::Space;
use crate::numerics::input_error::InputError;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::numerics::validation::check_rank;

/// The columns of a basis beyond 2k.
const MORE_COLUMNS: usize = 40;

/// A problem of an order up to this times k is decomposed as a whole.
const WHOLE_BELOW: usize = 5;

/// The products of the Lanczos process that estimates a norm where the search does not.
const NORM_STEPS: usize = 12;

/// The second look excludes at least values that lie this fraction of the spectrum's width beyond
/// λ_k, with this probability of failure.
const EXCLUDED: f64 = 0.05;
const FAILURE_PROBABILITY: f64 = 1e-3;

/// A search that takes more than this many times n steps is given up for the decomposition as a
/// whole, for orders up to the second number if the map gives no matrix.
const WORK_OF_WHOLE: usize = 5;
const LARGEST_WHOLE: usize = 2000;

/// How often residuals that turn out too large are worked on again.
const REPAIRS: usize = 4;

/// Steps of the search for λ_min(B).
const LEAST_MASS_STEPS: usize = 20;
const MASS_STEPS: usize = 100;

/// Computes the k smallest or largest eigenvalues of a symmetric map, with their vectors:
/// A·x = λ·x, or A·x = λ·B·x with a [`mass`](EigenConfig::mass) B.
///
/// `map` is n×n and symmetric, definite or not: a matrix or any other [`LinearMap`]; 1 ≤ k ≤ n. Only
/// products with A are taken (one at a time or two, not with its adjoint), so A need not be stored.
///
/// The function that is minimised is the Rayleigh quotient ρ(x) = xᵀA·x/(xᵀB·x) (−ρ for the largest
/// eigenvalues); its gradient is 2·(A·x − ρ·B·x)/(xᵀB·x). Each step goes to the minimum over all that
/// is remembered: the span of the iterates, their gradients, multiplied by the preconditioner if
/// there is one, and the directions of the steps before, with an orthonormal basis of 2k + 40
/// vectors, from which the best are kept when it is full. Without a mass or preconditioner that is
/// the block Lanczos method with thick restarts, and needs no images A·V; with them it is the
/// generalised Davidson method "+k", and LOBPCG with more memory.
///
/// When k pairs have converged, a second search begins from a random vector in the complement of
/// what was found, and goes on until its own outermost value is seen not to lie beyond λ_k by more
/// than the tolerance. So copies of a multiple eigenvalue are found, and those that a start or a
/// preconditioner hid. A problem with
/// n ≤ max(5k, 2k + 40) is decomposed as a whole ([`EigenRoute::Whole`]), a map by its n columns;
/// and so is one on which the searches take more than 5n steps, if A is a matrix or n ≤ 2000.
///
/// `Ok` means: the columns of [`Eigenpairs::eigenvectors`] are orthonormal (by B) to working
/// precision; all residuals, computed again from A and B, are within the
/// [`tolerance`](EigenConfig::tolerance); and the second search was over. What is proven about the
/// eigenvalues says the [`EigenCertificate`]; that they are the outermost ones is usually very
/// probable, not proven.
///
/// The memory is that of 2k + 42 vectors, twice with a preconditioner or start, three times with a
/// mass.
///
/// # Errors
///
/// - [`EigenError::Input`] if the map is empty, not square or not finite, if k is 0 or above n (less
///   the vectors to leave out), or if a setting can't be used;
/// - [`EigenError::NotSymmetric`] if a `DMatrix` is not symmetric to √ε, or the products of another
///   map show that it is not;
/// - [`EigenError::NotPositiveDefinite`] if the mass is not;
/// - [`EigenError::ProductNotFinite`] if a product has an entry that is NaN or infinite;
/// - [`EigenError::NotConverged`], with what was reached, after the steps allowed, if the observer
///   ended the search, or if rounding keeps the residuals above the tolerance.
///
/// # Sources
///
/// Knyazev, "Toward the optimal preconditioned eigensolver: locally optimal block preconditioned
/// conjugate gradient method", 2001; Wu and Simon, "Thick-restart Lanczos method for large symmetric
/// eigenvalue problems", 2000; Stathopoulos, "Nearly optimal preconditioned methods for Hermitian
/// eigenproblems under limited memory", 2007; Duersch, Shao, Yang and Gu, "A robust and efficient
/// implementation of LOBPCG", 2018.
///
/// # Example
///
/// The lowest frequencies of a string, with a mass at each node:
///
/// ```
/// use matrix_descent::{symmetric_eigen_k, EigenConfig, LinearMap};
/// use nalgebra::{DMatrix, DVector};
///
/// struct Chain(usize);
///
/// impl LinearMap<f64> for Chain {
///     fn rows(&self) -> usize {
///         self.0
///     }
///
///     fn columns(&self) -> usize {
///         self.0
///     }
///
///     fn apply(&self, x: &[f64], image: &mut [f64]) {
///         for i in 0..x.len() {
///             let left = if i > 0 { x[i - 1] } else { 0.0 };
///             let right = x.get(i + 1).unwrap_or(&0.0);
///             image[i] = 2.0 * x[i] - left - right;
///         }
///     }
///
///     fn apply_adjoint(&self, y: &[f64], image: &mut [f64]) {
///         self.apply(y, image);
///     }
/// }
///
/// let masses = DMatrix::from_diagonal(&DVector::from_element(100, 2.0));
/// let found = symmetric_eigen_k(&Chain(100), 3, EigenConfig::smallest().mass(&masses))?;
/// for j in 0..3 {
///     let angle = std::f64::consts::PI * (j + 1) as f64 / 202.0;
///     let squared_frequency = 4.0 * angle.sin().powi(2) / 2.0;
///     assert!((found.eigenvalues[j] - squared_frequency).abs() < 1e-12);
/// }
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn symmetric_eigen_k<T, A, P, M, O>(
    map: &A,
    k: usize,
    config: EigenConfig<T, P, M, O>,
) -> Result<Eigenpairs<T>, EigenError<T>>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
    O: Observer<T>,
{
    map.validate("matrix")?;
    let (rows, columns) = (map.rows(), map.columns());
    if rows != columns {
        return Err(InputError::NotSquare {
            argument: "matrix",
            rows,
            columns,
        }
        .into());
    }
    config.validate(rows)?;
    check_entries_symmetric("matrix", map.as_matrix())?;
    if let Some(mass) = &config.mass {
        check_entries_symmetric("mass", mass.as_matrix())?;
    }
    let order = Space::Domain.length::<T, A>(map).to_f64() as usize;
    let left_out = config.deflate.as_ref().map_or(0, DMatrix::ncols);
    let most = order.saturating_sub(left_out);
    check_rank("k", k, (most, most))?;
    let sign = match config.end {
        End::Smallest => T::one(),
        End::Largest => -T::one(),
    };
    let room = <T as Real>::from_f64(16.0) * T::EPSILON * T::from_count(order).sqrt();
    let usual = T::EPSILON.sqrt() * T::EPSILON.sqrt().sqrt();
    let problem = Problem {
        a: Operator::new(map, "matrix", sign)?,
        mass: (config.mass.as_ref())
            .map(|mass| Operator::new(mass, "mass", T::one()))
            .transpose()?,
        preconditioner: (config.preconditioner.as_ref())
            .map(|map| Operator::new(map, "preconditioner", T::one()))
            .transpose()?,
        tolerance: config.tolerance.unwrap_or(usual).max(room),
        order,
    };
    let mut observer = config.observer;
    let watch = Watch {
        observer: &mut observer,
        steps: 0,
        max_steps: config.max_steps,
        patience: if map.as_matrix().is_some() || order <= LARGEST_WHOLE {
            WORK_OF_WHOLE.saturating_mul(order)
        } else {
            usize::MAX
        },
        marker: std::marker::PhantomData,
    };
    let call = Call {
        problem,
        watch,
        k,
        seed: config.seed,
        sign,
        least_mass: None,
    };
    let locked = call.locked(config.deflate.as_ref())?;
    let capacity = 2 * k + MORE_COLUMNS;
    if most <= (WHOLE_BELOW * k).max(capacity) {
        return call.by_whole(&locked);
    }
    call.by_descent(&locked, config.start.as_ref(), capacity)
}

fn check_entries_symmetric<T: Real>(
    argument: &'static str,
    matrix: Option<&DMatrix<T>>,
) -> Result<(), EigenError<T>> {
    let asymmetry = matrix.map_or(T::zero(), asymmetry);
    if asymmetry > T::EPSILON.sqrt() {
        return Err(EigenError::NotSymmetric {
            argument,
            asymmetry,
        });
    }
    Ok(())
}

/// A call with what all its parts share.
struct Call<'a, 'o, T, A: ?Sized, P, M, O> {
    problem: Problem<'a, T, A, P, M>,
    watch: Watch<'o, T, O>,
    k: usize,
    seed: u64,
    sign: T,
    /// A lower estimate of λ_min of the scaled mass.
    least_mass: Option<T>,
}

/// What a search of one map alone found, with that map.
type Alone<'b, T, B> = (Found<T>, Operator<'b, T, B>);

/// Orthonormal vectors with their images, Ritz values and residuals.
struct Candidate<T> {
    values: Vec<T>,
    vectors: Vec<T>,
    /// ‖A·x − θ·B·x‖/‖x‖.
    residuals: Vec<T>,
    /// ‖x‖.
    lengths: Vec<T>,
    /// ‖XᵀBX − I‖_F.
    departure: T,
}

impl<T, A, P, M, O> Call<'_, '_, T, A, P, M, O>
where
    T: Real,
    A: LinearMap<T> + ?Sized,
    P: LinearMap<T>,
    M: LinearMap<T>,
    O: Observer<T>,
{
    fn rows(&self) -> usize {
        self.problem.a.map().rows()
    }

    /// Orthonormal columns (by B) that span those of a matrix.
    fn orthonormal(&self, locked: &Locked<T>, columns: Vec<T>) -> Result<Locked<T>, EigenError<T>> {
        let rows = self.rows();
        let mut basis = Basis::with_capacity(rows, 0);
        basis.append(&locked.vectors);
        let mass_images = locked.mass_images.as_ref().map(|images| {
            let mut of_basis = Basis::with_capacity(rows, 0);
            of_basis.append(images);
            of_basis
        });
        let added = extend(&self.problem, &basis, mass_images.as_ref(), columns)?;
        Ok(Locked {
            vectors: added.vectors,
            mass_images: self.problem.mass.is_some().then_some(added.images),
        })
    }

    fn nothing(&self) -> Locked<T> {
        Locked {
            vectors: Vec::new(),
            mass_images: self.problem.mass.is_some().then(Vec::new),
        }
    }

    fn locked(&self, deflate: Option<&DMatrix<T>>) -> Result<Locked<T>, EigenError<T>> {
        match deflate {
            None => Ok(self.nothing()),
            Some(columns) => {
                let columns = self.normalised(columns.as_slice());
                self.orthonormal(&self.nothing(), columns)
            }
        }
    }

    /// The columns that are not zero, scaled to length 1.
    fn normalised(&self, columns: &[T]) -> Vec<T> {
        let map = self.problem.a.map();
        let mut scaled = Vec::with_capacity(columns.len());
        for column in columns.chunks_exact(self.rows()) {
            let values = column.iter().copied();
            let Some(exponent) = Space::Domain.exponent_of_largest(map, values) else {
                continue;
            };
            let near_one: Vec<T> = (column.iter())
                .map(|value| value.scale_by_power_of_two(-exponent))
                .collect();
            let length = Space::Domain.norm(map, &near_one);
            scaled.extend(near_one.into_iter().map(|value| value / length));
        }
        scaled
    }

    fn by_whole(mut self, locked: &Locked<T>) -> Result<Eigenpairs<T>, EigenError<T>> {
        let order = self.problem.order;
        let whole = self.problem.a.whole(order)?;
        let mass = (self.problem.mass.as_ref())
            .map(|mass| mass.whole(order))
            .transpose()?;
        check_entries_symmetric("matrix", Some(&whole))?;
        check_entries_symmetric("mass", mass.as_ref())?;
        let map = self.problem.a.map();
        let (held, first) = (self.rows(), map.domain_offset());
        let count = locked.vectors.len() / held;
        let mut fixed = DMatrix::zeros(order, count);
        for (j, column) in locked.vectors.chunks_exact(held).enumerate() {
            fixed.column_mut(j).as_mut_slice()[first..first + held].copy_from_slice(column);
        }
        Space::Domain.sum(map, fixed.as_mut_slice());
        let pairs = all_pairs(&whole, mass.as_ref(), &fixed)?;
        let ending = match &pairs {
            Some(_) => StopReason::Accuracy,
            None => StopReason::Stalled,
        };
        let (values, vectors) = match pairs {
            Some(pairs) => (pairs.values, pairs.vectors),
            None => (vec![T::zero(); order], DMatrix::identity(order, order)),
        };
        let norm = values
            .iter()
            .fold(T::zero(), |norm, value| norm.max(value.abs()));
        if mass.is_none() && count == 0 {
            self.problem.a.see_norm(norm);
        } else {
            self.problem.a.see_norm(norm_of(&whole));
        }
        if let Some(mass) = &mass {
            self.see_mass(mass);
        }
        let here = vectors.rows(first, held).into_owned();
        let chosen = here.columns(0, self.k).into_owned();
        let candidate = self.candidate(locked, chosen.as_slice())?;
        let mut found = self.result(&candidate, EigenRoute::Whole)?;
        if let (Some(matrix), 0, None) = (map.as_matrix(), count, &mass) {
            let exponent = self.problem.a.exponent();
            let values: Vec<T> = (values.iter())
                .map(|&value| (value * self.sign).scale_by_power_of_two(exponent))
                .collect();
            let all = EigenCertificate::of_matrix(matrix, &values, &vectors);
            found.certificate = all.of_first(self.k);
        }
        let proven = OutermostEvidence::Proven;
        found.certificate = found.certificate.with_evidence(proven);
        self.judged(found, &candidate, ending)
    }

    fn see_mass(&mut self, mass: &DMatrix<T>) {
        let values = decompose(&symmetric_part(mass)).map(|ritz| ritz.values);
        let values = values.unwrap_or_default();
        if let (Some(&least), Some(&most)) = (values.first(), values.last()) {
            if let Some(mass) = &self.problem.mass {
                mass.see_norm(most);
            }
            self.least_mass = Some(least);
        }
    }

    fn by_descent(
        mut self,
        deflated: &Locked<T>,
        start: Option<&DMatrix<T>>,
        capacity: usize,
    ) -> Result<Eigenpairs<T>, EigenError<T>> {
        let is_krylov = self.problem.mass.is_none() && self.problem.preconditioner.is_none();
        if !is_krylov || start.is_some() {
            self.estimate_norms()?;
        }
        let start = start.map(|start| {
            let most = start.ncols().min(capacity.saturating_sub(10));
            self.normalised(start.columns(0, most).into_owned().as_slice())
        });
        let begin = Beginning {
            locked: deflated,
            start: start.as_deref().filter(|start| !start.is_empty()),
            width: WIDTH,
            capacity,
            seed: self.seed,
        };
        let goal = Goal::Smallest(self.k);
        let first = Search::new(&self.problem, &begin)?.run(&goal, &mut self.watch)?;
        let mut ending = first.ending;
        let mut candidate = self.candidate(deflated, &first.vectors)?;
        let mut evidence = OutermostEvidence::Unknown;
        let mut repairs = 0;
        let mut looks = 0_u64;
        while ending == StopReason::Accuracy {
            if !self.is_converged(&candidate) {
                // Rounding has moved the search away from what the maps give.
                if repairs == REPAIRS {
                    ending = StopReason::Stalled;
                    break;
                }
                repairs += 1;
                let begin = Beginning {
                    start: Some(&candidate.vectors),
                    ..begin
                };
                let again = Search::new(&self.problem, &begin)?.run(&goal, &mut self.watch)?;
                ending = again.ending;
                candidate = self.candidate(deflated, &again.vectors)?;
                continue;
            }
            looks += 1;
            let look = self.look(deflated, &candidate, capacity, looks)?;
            ending = look.ending;
            if ending == StopReason::Accuracy && look.values.is_empty() {
                evidence = self.evidence(look.krylov_steps, is_krylov);
                break;
            }
            let mut vectors = candidate.vectors;
            vectors.extend(look.vectors);
            candidate = self.candidate(deflated, &vectors)?;
        }
        if ending == StopReason::Stalled && self.watch.patience < usize::MAX {
            return self.by_whole(deflated);
        }
        let mut found = self.result(&candidate, EigenRoute::Descent)?;
        found.certificate = found.certificate.with_evidence(evidence);
        self.judged(found, &candidate, ending)
    }

    /// A search in the complement of what was found for what was missed.
    fn look(
        &mut self,
        deflated: &Locked<T>,
        candidate: &Candidate<T>,
        capacity: usize,
        index: u64,
    ) -> Result<Found<T>, EigenError<T>> {
        let mut locked = deflated.clone();
        locked.vectors.extend_from_slice(&candidate.vectors);
        if let (Some(images), Some(mass)) = (&mut locked.mass_images, &self.problem.mass) {
            images.extend(mass.images(&candidate.vectors)?);
        }
        let begin = Beginning {
            locked: &locked,
            start: None,
            width: 1,
            capacity,
            seed: self
                .seed
                .wrapping_add(0x2545_f491_4f6c_dd1d_u64.wrapping_mul(index)),
        };
        let order = self.problem.order;
        let complement = order - locked.vectors.len() / self.rows();
        let least = random_start::steps_for(order as f64, EXCLUDED, FAILURE_PROBABILITY);
        let size = match &self.problem.mass {
            None => self.problem.a.norm(),
            Some(mass) => {
                let values = candidate.values.iter();
                let largest = values.fold(T::zero(), |largest, value| largest.max(value.abs()));
                (self.problem.a.norm() + largest * mass.norm())
                    / self.least_mass.unwrap_or_else(|| mass.norm())
            }
        };
        let goal = Goal::Missed {
            known: candidate.values.clone(),
            slack: self.problem.tolerance * size,
            least_steps: least.min(complement),
        };
        if complement == 0 {
            return Ok(Found {
                values: Vec::new(),
                vectors: Vec::new(),
                ending: StopReason::Accuracy,
                krylov_steps: least,
            });
        }
        Search::new(&self.problem, &begin)?.run(&goal, &mut self.watch)
    }

    fn evidence(&self, steps: usize, is_krylov: bool) -> OutermostEvidence {
        if !is_krylov {
            return OutermostEvidence::Searched;
        }
        let order = self.problem.order as f64;
        OutermostEvidence::Probable {
            shortfall: random_start::shortfall(order, steps, FAILURE_PROBABILITY),
            failure_probability: FAILURE_PROBABILITY,
        }
    }

    /// For searches that see only a part of the spectrum, or another one.
    fn estimate_norms(&mut self) -> Result<(), EigenError<T>> {
        let steps = NORM_STEPS.min(self.problem.order);
        let sign = self.sign;
        let a = Operator::new(self.problem.a.map(), "matrix", sign)?;
        let (_, a) = self.alone(a, &Goal::Steps(steps))?;
        self.problem.a.take(&a);
        let Some(mass) = &self.problem.mass else {
            return Ok(());
        };
        let copy = Operator::new(mass.map(), "mass", T::one())?;
        let (found, copy) = self.alone(copy, &Goal::HalfOfSmallest(LEAST_MASS_STEPS))?;
        let norm = copy.norm();
        if let Some(mass) = &self.problem.mass {
            mass.take(&copy);
        }
        let Some(&least) = found.values.first() else {
            return Ok(());
        };
        if least <= T::EPSILON * norm {
            let curvature = least / norm;
            return Err(EigenError::NotPositiveDefinite { curvature });
        }
        if found.ending == StopReason::Accuracy {
            self.least_mass = Some(least * <T as Real>::from_f64(0.5));
        }
        Ok(())
    }

    /// A short search of one map.
    fn alone<'b, B: LinearMap<T> + ?Sized>(
        &self,
        operator: Operator<'b, T, B>,
        goal: &Goal<T>,
    ) -> Result<Alone<'b, T, B>, EigenError<T>> {
        let problem = Problem::<T, B, DMatrix<T>, DMatrix<T>> {
            a: operator,
            mass: None,
            preconditioner: None,
            tolerance: self.problem.tolerance,
            order: self.problem.order,
        };
        let nothing = Locked {
            vectors: Vec::new(),
            mass_images: None,
        };
        let begin = Beginning {
            locked: &nothing,
            start: None,
            width: 1,
            capacity: MORE_COLUMNS,
            seed: self.seed,
        };
        let mut silent = crate::descent::Silent;
        let mut watch = Watch {
            observer: &mut silent,
            steps: 0,
            max_steps: MASS_STEPS,
            patience: usize::MAX,
            marker: std::marker::PhantomData,
        };
        let found = Search::new(&problem, &begin)?.run(goal, &mut watch)?;
        Ok((found, problem.a))
    }

    /// The best k pairs in the span of `vectors`, orthonormal to working precision, with residuals
    /// from new products.
    fn candidate(&self, locked: &Locked<T>, vectors: &[T]) -> Result<Candidate<T>, EigenError<T>> {
        let (rows, map) = (self.rows(), self.problem.a.map());
        let vectors = self.normalised(vectors);
        let basis = self.orthonormal(locked, vectors)?;
        let images = self.problem.a.images(&basis.vectors)?;
        let projected = symmetric_part(&products_of(map, &basis.vectors, &images));
        let found = decompose(&projected).map_or_else(
            || DMatrix::identity(projected.nrows(), projected.nrows()),
            |ritz| ritz.vectors,
        );
        let count = self.k.min(found.ncols());
        let chosen = found.columns(0, count).into_owned();
        let vectors = combination(&basis.vectors, &chosen, rows);
        let images = combination(&images, &chosen, rows);
        let mass_images =
            (basis.mass_images.as_ref()).map(|images| combination(images, &chosen, rows));
        let duals = mass_images.as_ref().unwrap_or(&vectors);
        let gram = products_of(map, &vectors, duals);
        let rayleigh = products_of(map, &vectors, &images);
        let values: Vec<T> = (0..count)
            .map(|j| rayleigh[(j, j)] / gram[(j, j)])
            .collect();
        let (mut residuals, mut lengths) = (Vec::new(), Vec::new());
        for (j, &value) in values.iter().enumerate() {
            let column = j * rows..(j + 1) * rows;
            let pairs = images[column.clone()].iter().zip(&duals[column.clone()]);
            let residual: Vec<T> = pairs.map(|(&image, &dual)| image - value * dual).collect();
            let length = Space::Domain.norm(map, &vectors[column]);
            residuals.push(Space::Domain.norm(map, &residual) / length);
            lengths.push(length);
        }
        let departure = gram - DMatrix::identity(count, count);
        Ok(Candidate {
            values,
            residuals,
            lengths,
            departure: euclidean_norm(departure.as_slice()),
            vectors,
        })
    }

    /// What residual is accepted, relative to the length of the vector.
    fn allowed(&self, value: T) -> T {
        let mut size = self.problem.a.norm();
        if let Some(mass) = &self.problem.mass {
            size += value.abs() * mass.norm();
        }
        self.problem.tolerance * size
    }

    fn is_converged(&self, candidate: &Candidate<T>) -> bool {
        candidate.values.len() == self.k && self.count_converged(candidate) == self.k
    }

    fn count_converged(&self, candidate: &Candidate<T>) -> usize {
        let pairs = candidate.values.iter().zip(&candidate.residuals);
        pairs
            .filter(|&(&value, &residual)| residual <= self.allowed(value))
            .count()
    }

    fn result(
        &self,
        candidate: &Candidate<T>,
        route: EigenRoute,
    ) -> Result<Eigenpairs<T>, EigenError<T>> {
        let rows = self.rows();
        let of_a = self.problem.a.exponent();
        let of_mass = self.problem.mass.as_ref().map_or(0, Operator::exponent);
        let scaled = |value: T, exponent: i32| value.scale_by_power_of_two(exponent);
        let count = candidate.values.len();
        let values: Vec<T> = (candidate.values.iter())
            .map(|&value| scaled(value * self.sign, of_a - of_mass))
            .collect();
        let mut vectors = DMatrix::from_vec(rows, count, candidate.vectors.clone());
        let root = <T as Real>::from_f64(2.0_f64.powf(-0.5 * f64::from(of_mass)));
        if of_mass != 0 {
            vectors *= root;
        }
        if values.iter().any(|value| !value.is_finite()) {
            let largest = self.problem.a.map().as_matrix();
            let largest_entry = largest.map_or(T::MAX, |matrix| matrix.amax());
            return Err(InputError::EntriesTooLarge { largest_entry }.into());
        }
        let certificate = match (self.problem.a.map().as_matrix(), &self.problem.mass) {
            (Some(matrix), None) => EigenCertificate::of_matrix(matrix, &values, &vectors),
            _ => self.estimated(candidate).scaled_up(of_a - of_mass),
        };
        let residuals = candidate.residuals.iter();
        Ok(Eigenpairs {
            eigenvalues: DVector::from_vec(values),
            eigenvectors: vectors,
            residual_norms: DVector::from_iterator(
                count,
                residuals.map(|&residual| scaled(residual, of_a)),
            ),
            norm_estimate: scaled(self.problem.a.norm(), of_a),
            certificate,
            route,
            steps: self.watch.steps,
            products: self.problem.a.products(),
            mass_products: self.problem.mass.as_ref().map_or(0, Operator::products),
            preconditioner_products: (self.problem.preconditioner.as_ref())
                .map_or(0, Operator::products),
        })
    }

    /// The bounds that take products, and the estimate of λ_min(B), as exact.
    fn estimated(&self, candidate: &Candidate<T>) -> EigenCertificate {
        let root = match (&self.problem.mass, self.least_mass) {
            (None, _) => 1.0,
            (Some(_), Some(least)) => least.to_f64().sqrt(),
            (Some(_), None) => 0.0,
        };
        let pairs = candidate.residuals.iter().zip(&candidate.lengths);
        let residuals: Vec<f64> = pairs
            .map(|(residual, length)| {
                let whole = residual.to_f64() * length.to_f64() / root;
                // 0/0 for an exact pair says nothing.
                if whole.is_nan() { f64::INFINITY } else { whole }
            })
            .collect();
        let values: Vec<f64> = candidate
            .values
            .iter()
            .map(|value| value.to_f64())
            .collect();
        EigenCertificate::of_residuals(&ResidualBounds {
            residuals: &residuals,
            spread: spread(&values),
            departure: candidate.departure.to_f64(),
        })
    }

    /// `Ok` if all residuals are within the tolerance and the second look was over.
    fn judged(
        &self,
        found: Eigenpairs<T>,
        candidate: &Candidate<T>,
        ending: StopReason,
    ) -> Result<Eigenpairs<T>, EigenError<T>> {
        if ending == StopReason::Accuracy && self.is_converged(candidate) {
            return Ok(found);
        }
        let reason = match ending {
            StopReason::Accuracy => StopReason::Stalled,
            other => other,
        };
        let worst = (0..candidate.values.len()).max_by(|&i, &j| {
            let share = |index: usize| {
                let allowed = self.allowed(candidate.values[index]);
                (candidate.residuals[index] / allowed).to_f64()
            };
            share(i).total_cmp(&share(j))
        });
        let exponent = self.problem.a.exponent();
        let shown = |value: T| value.scale_by_power_of_two(exponent).to_f64();
        let (residual, allowed) = worst.map_or((f64::INFINITY, 0.0), |index| {
            let allowed = self.allowed(candidate.values[index]);
            (shown(candidate.residuals[index]), shown(allowed))
        });
        Err(EigenError::NotConverged {
            reason,
            converged: self.count_converged(candidate),
            residual,
            allowed,
            reached: Box::new(found),
        })
    }
}

/// The columns of the block in which a search grows.
const WIDTH: usize = 2;

/// ‖A‖₂ of a small symmetric matrix.
fn norm_of<T: Real>(matrix: &DMatrix<T>) -> T {
    let values = decompose(&symmetric_part(matrix)).map(|ritz| ritz.values);
    let values = values.unwrap_or_default().into_iter();
    values.fold(T::zero(), |norm, value| norm.max(value.abs()))
}
