# FastGPU: the daily commands, a thin layer over the CMake presets.  `make help` lists them.
SHELL := /bin/bash
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
export FUZZ_SECONDS

.DEFAULT_GOAL := help
.PHONY: help run stop build test test-cluster bench bench-cluster fuzz lint format install deb clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

run: ## install what is needed, build, start the service, train the bundled example
	@tools/run

stop: ## stop the service; running jobs go on and are found again at the next start
	@tools/stop

build: ## build ./fastgpu (release) and do nothing else
	@tools/install-packages build
	@tools/build release fastgpu
	@ln -sf build/release/fastgpu fastgpu

test: ## install what the tests need and run them all
	@tools/install-packages build run test
	@tools/test

test-cluster: ## real Slurm clusters on this machine, killed and cut off
	@tools/install-packages build run test cluster
	@tools/test-cluster

bench: ## measure, with the rivals in the same run
	@tools/install-packages build bench
	@tools/build release
	@bench/run

bench-cluster: ## the same with real Slurm clusters on this machine
	@tools/install-packages build bench cluster
	@bench/cluster/run

fuzz: ## run each fuzz target for FUZZ_SECONDS (60)
	@tools/install-packages build test
	@tools/fuzz

lint: ## format, clang-tidy, layers, size limits, licences, documents
	@tools/install-packages build test
	@tools/lint

format: ## rewrite the C files as make lint wants them
	@tools/c-files | xargs clang-format -i

install: ## install to $(DESTDIR)$(PREFIX): program, man pages, completions, systemd unit
	@tools/install-packages build
	@tools/build release
	DESTDIR="$(DESTDIR)" cmake --install build/release --prefix "$(PREFIX)"

deb: ## build/fastgpu_VERSION_ARCH.deb
	@tools/install-packages build deb
	@tools/make-deb

clean: ## remove build/ and ./fastgpu (never data)
	rm -rf build fastgpu
