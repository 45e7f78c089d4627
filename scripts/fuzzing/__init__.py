"""What `scripts.fuzz` does with its inputs."""
