//! G lower triangular with Gᵀ·G ≈ A⁻¹ for symmetric positive definite A.
