"""Only ever asleep: main > wait."""
import time


def wait():
    while True:
        time.sleep(3600)


def main():
    print('ready', flush=True)
    wait()


main()
