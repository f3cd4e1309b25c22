//! Processes that go different ways are told, on all of them.

use matrix_descent::{LinearMap, SolveConfig, TopConfig, solve_by_descent, svd_top_k};
use matrix_descent_mpi::{
    AgreedError, AllReduced, Failure, Number, Processes, SplitRows, SplitSquare, together,
};
use mpi::topology::SimpleCommunicator;
use mpi::traits::Communicator;
use nalgebra::DMatrix;

use crate::Test;
use crate::data::{own_rows, random};
use crate::training::Logistic;

pub(crate) const TESTS: &[Test] = &[
    ("one process goes another way", other_ways),
    ("a vector that differs", vectors_differ),
];

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// What the last process does, and what the others do.
type Ways = (
    fn(&Processes, &SplitRows<'_, DMatrix<f64>>) -> Outcome,
    fn(&Processes, &SplitRows<'_, DMatrix<f64>>) -> Outcome,
);

fn other_ways(world: &SimpleCommunicator) {
    fn leading(map: &SplitRows<'_, DMatrix<f64>>, k: usize) -> Outcome {
        svd_top_k(map, k, TopConfig::default())?;
        Ok(())
    }
    fn solved(map: &SplitRows<'_, DMatrix<f64>>, sides: usize) -> Outcome {
        let rows = LinearMap::<f64>::rows(map);
        let b = random(40, rows, sides);
        solve_by_descent(map, &b, SolveConfig::default())?;
        Ok(())
    }
    fn summed<T: Number>(processes: &Processes, length: usize) -> Outcome {
        Ok(processes.sum(&mut vec![T::one(); length])?)
    }
    fn exchanged<T: Number>(processes: &Processes, length: usize) -> Outcome {
        let (sent, mut received) = (
            vec![T::one(); length],
            [(); 2].map(|()| vec![T::one(); length]),
        );
        let [before, after] = &mut received;
        Ok(processes.exchange_with_neighbours([&sent, &sent], [before, after])?)
    }
    /// A product with one of two maps of the same order, of which one process has most rows.
    fn multiplied(processes: &Processes, chosen: usize) -> Outcome {
        let (first, last) = (0, processes.count() - 1);
        let square = |long: usize| {
            let rows = if processes.rank() == long {
                30 - last
            } else {
                1
            };
            SplitSquare::new(processes, DMatrix::<f64>::repeat(rows, 30, 1.0))
        };
        let maps = [square(first)?, square(last)?];
        let rows = maps[chosen].rows();
        maps[chosen].apply(&vec![1.0; rows], &mut vec![0.0; rows]);
        Ok(())
    }
    fn row(processes: &Processes) -> DMatrix<f64> {
        DMatrix::repeat(1, processes.count(), 1.0)
    }
    let ways: [Ways; 14] = [
        (|_, map| leading(map, 3), |_, map| leading(map, 4)),
        (|_, map| solved(map, 1), |_, map| solved(map, 2)),
        (|_, map| solved(map, 2), |_, map| solved(map, 1)),
        (|_, _| Ok(()), |_, map| solved(map, 1)),
        (|_, map| leading(map, 3), |_, map| solved(map, 1)),
        (
            |own, _| summed::<f64>(own, 30),
            |own, _| summed::<f64>(own, 31),
        ),
        (
            |own, _| summed::<f32>(own, 30),
            |own, _| summed::<f64>(own, 30),
        ),
        (
            |own, _| summed::<f64>(own, 3),
            |own, _| summed::<f32>(own, 3),
        ),
        (
            |processes, _| Ok(processes.agree(Ok::<(), String>(()))?),
            |processes, _| Ok(processes.sum(&mut [1.0; 3])?),
        ),
        (
            |own, _| exchanged::<f64>(own, 5),
            |own, _| exchanged::<f64>(own, 4),
        ),
        (
            |own, _| exchanged::<f32>(own, 4),
            |own, _| exchanged::<f64>(own, 4),
        ),
        (|own, _| multiplied(own, 1), |own, _| multiplied(own, 0)),
        // Constructors that compare as many sizes.
        (
            |own, _| Ok(SplitRows::new(own, row(own)).map(|_| ())?),
            |own, _| Ok(SplitSquare::new(own, row(own)).map(|_| ())?),
        ),
        (
            |own, _| Ok(AllReduced::sum(own, Logistic { rows: 0..1 }).map(|_| ())?),
            |own, _| Ok(AllReduced::mean(own, Logistic { rows: 0..1 }, 1).map(|_| ())?),
        ),
    ];
    let last = world.size() as usize - 1;
    let a = random(41, 90, 45);
    for (place, (of_last, of_others)) in ways.into_iter().enumerate() {
        let outcome = together(world, |processes| -> Outcome {
            let map = SplitRows::new(processes, own_rows(processes, &a))?;
            if processes.rank() == last {
                of_last(processes, &map)
            } else {
                of_others(processes, &map)
            }
        });
        match outcome {
            Ok(()) => assert_eq!(last, 0),
            // In these words on all processes; an agreement returns them to the program, which ends.
            Err(error) => {
                // With another k, the first thing that differs is a vector.
                let told = error.to_string();
                let is_told = ["was at", "has another vector"]
                    .iter()
                    .any(|words| told.starts_with(&format!("process {last} {words}")));
                assert!(is_told, "{place}: {told}");
            }
        }
    }
}

fn vectors_differ(world: &SimpleCommunicator) {
    let last = world.size() as usize - 1;
    let a = random(42, 40, 6);
    let outcome = together(world, |processes| -> Outcome {
        let map = SplitRows::new(processes, own_rows(processes, &a))?;
        let rows = LinearMap::<f64>::rows(&map);
        let mut x = [0.5; 6];
        if processes.rank() == last {
            x[5] = 0.5_f64.next_down();
        }
        let (mut image, mut back) = (vec![0.0; rows], [0.0; 6]);
        map.apply(&x, &mut image);
        map.apply_adjoint(&image, &mut back);
        assert!(last == 0 || back.iter().all(|value: &f64| value.is_nan()));
        Ok(())
    });
    match outcome {
        Ok(()) => assert_eq!(last, 0),
        Err(AgreedError::Shared(failure)) => {
            assert_eq!(failure, Failure::VectorsDiffer { process: last });
        }
        Err(other) => panic!("{other:?}"),
    }
}
