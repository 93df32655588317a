"""Property tests are about what holds, not about how fast a busy machine draws examples."""

from hypothesis import HealthCheck, settings

settings.register_profile("attendance", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("attendance")
