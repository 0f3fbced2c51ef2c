"""Nearly all of the time is spent in hot_func, a thin slice asleep in cold_func, always under main."""
import time


def hot_func(count):
    return sum(i * i for i in range(count))


def cold_func():
    time.sleep(0.2)


def main():
    hot_func(100000)
    print('ready', flush=True)
    while True:
        hot_func(10000000)
        cold_func()


if __name__ == '__main__':
    main()
