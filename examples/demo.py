"""A small simulation for heavyops to look at: a hot closure, attributes, arithmetic, and a pause now and then."""
import time


class Particle(object):
    def __init__(self, position, speed):
        self.position = position
        self.speed = speed

    def move(self, seconds):
        """Reads and writes attributes: LOAD_ATTR and STORE_ATTR."""
        self.position += self.speed * seconds
        if not 0 <= self.position <= 100:
            self.speed = -self.speed


def make_force(strength, centre):
    def force(position):
        """A closure: strength and centre come from outside, through LOAD_DEREF."""
        return strength * (centre - position) / (1 + abs(centre - position))

    return force


def checksum(count):
    """Nothing but small integers: BINARY_OP (before 3.11 BINARY_ADD and its like)."""
    total = 1
    for i in range(count):
        total = (total * 31 + i) & 0xFFFF
    return total


def simulate(particles, force):
    for particle in particles:
        particle.speed += force(particle.position) * 0.01
        particle.move(0.01)


def main():
    force = make_force(strength=5.0, centre=50.0)
    particles = [Particle(position=float(i), speed=1.0) for i in range(100)]
    print('simulating', flush=True)
    while True:
        for _ in range(300):
            simulate(particles, force)
        checksum(100000)
        time.sleep(0.005)


if __name__ == '__main__':
    main()
