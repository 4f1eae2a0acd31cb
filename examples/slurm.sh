#!/bin/bash
#SBATCH --job-name=from-slurm
#SBATCH --cpus-per-task=1
#SBATCH --mem=256M
#SBATCH --time=00:05:00
# A script for sbatch is a job file as it stands: fastgpu submit examples/slurm.sh
echo "hello from job $FASTGPU_JOB_ID on $(hostname)"
