//! The time that one thread has worked, which other programs on the machine hardly change.

use std::time::Duration;

/// The CPU time of this thread since some moment.
#[cfg(target_os = "linux")]
pub fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.try_into().expect("not negative")
}

/// The CPU time of all threads of this process since some moment.
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "not every bench works on several threads")]
pub fn process_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.try_into().expect("not negative")
}

/// The time since some moment, for want of a safe way to ask for that of this process.
#[cfg(not(target_os = "linux"))]
#[allow(dead_code, reason = "not every bench works on several threads")]
pub fn process_time() -> Duration {
    thread_time()
}

/// The time since some moment, for want of a safe way to ask for that of this thread.
#[cfg(not(target_os = "linux"))]
pub fn thread_time() -> Duration {
    use std::sync::LazyLock;
    use std::time::Instant;

    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}
