"""What holds for all tests."""

from hypothesis import settings

settings.register_profile("shared-cores", deadline=None)  # a slow moment of the machine is no failure
settings.load_profile("shared-cores")
