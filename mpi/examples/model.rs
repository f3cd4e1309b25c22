//! What a step costs on many processes, by the model of the README: the part that is shared out, the
//! exchanges, and the part that each process repeats.
//!
//! `cargo run --release -p matrix-descent-mpi --example model` prints the README's table.

/// What is assumed of the machines.
const SECONDS_OF_A_MESSAGE: f64 = 2e-6;
const BYTES_A_SECOND_BETWEEN: f64 = 10e9;
const BYTES_A_SECOND_OF_MEMORY: f64 = 10e9;

const FRAME: f64 = 256.0;

/// One step of an operation.
struct Step {
    name: &'static str,
    /// Bytes read and written in memory, over all processes.
    shared: f64,
    /// The same on each process, however many there are.
    repeated: f64,
    /// Frames, with the one before each long exchange.
    frames: f64,
    /// The numbers of the long all-reduce.
    summed: f64,
    /// The numbers exchanged with each of two neighbours.
    neighbours: f64,
    most_processes: usize,
}

impl Step {
    fn seconds(&self, processes: usize) -> f64 {
        let memory = self.shared / processes as f64 + self.repeated;
        memory / BYTES_A_SECOND_OF_MEMORY + self.exchange(processes)
    }

    fn exchange(&self, processes: usize) -> f64 {
        if processes == 1 {
            return 0.0;
        }
        let rounds = (processes as f64).log2().ceil();
        let frame = rounds * (SECONDS_OF_A_MESSAGE + FRAME / BYTES_A_SECOND_BETWEEN);
        let share = 1.0 - 1.0 / processes as f64;
        let is_long = f64::from(u8::from(self.summed > 0.0));
        let sum = 2.0 * rounds * SECONDS_OF_A_MESSAGE * is_long
            + 2.0 * share * 8.0 * self.summed / BYTES_A_SECOND_BETWEEN;
        let has_neighbours = f64::from(u8::from(self.neighbours > 0.0));
        let neighbours = 2.0 * SECONDS_OF_A_MESSAGE * has_neighbours
            + 2.0 * 8.0 * self.neighbours / BYTES_A_SECOND_BETWEEN;
        self.frames * frame + sum + neighbours
    }
}

fn main() {
    let steps = [
        Step {
            name: "`svd_top_k`, 4·10⁶×100 dense",
            // The matrix once, and two columns of U.
            shared: 8.0 * 4e6 * 102.0,
            // The basis of 40 vectors, four times.
            repeated: 8.0 * 100.0 * 40.0 * 4.0,
            frames: 6.0,
            summed: 100.0,
            neighbours: 0.0,
            most_processes: usize::MAX,
        },
        Step {
            name: "conjugate gradients, 10⁹ entries in 10⁸×10⁶",
            // 12 bytes an entry, twice; three vectors of the rows.
            shared: 24e9 + 3.0 * 8e8,
            repeated: 5.0 * 8e6,
            frames: 3.0,
            summed: 1e6,
            neighbours: 0.0,
            most_processes: usize::MAX,
        },
        Step {
            name: "training, 10⁸×1000 dense",
            shared: 2.0 * 8.0 * 1e11,
            repeated: 5.0 * 8e3,
            frames: 1.0,
            summed: 1001.0,
            neighbours: 0.0,
            most_processes: usize::MAX,
        },
        Step {
            name: "grid, 200³ in slabs",
            // Twelve vectors.
            shared: 12.0 * 8.0 * 8e6,
            repeated: 0.0,
            frames: 5.0,
            summed: 0.0,
            neighbours: 4e4,
            most_processes: 200,
        },
    ];
    println!("| a step of | on 1 process | on 16 | of it exchanges | on 256 | of it exchanges |");
    println!("|---|---|---|---|---|---|");
    for step in steps {
        print!("| {} | {:.3} s", step.name, step.seconds(1));
        for processes in [16, 256] {
            let processes = processes.min(step.most_processes);
            let (all, exchange) = (step.seconds(processes), step.exchange(processes));
            let note = if processes == step.most_processes {
                " (200)"
            } else {
                ""
            };
            print!(
                " | {:.2} ms{note} | {:.0} %",
                1e3 * all,
                100.0 * exchange / all
            );
        }
        println!(" |");
    }
}
