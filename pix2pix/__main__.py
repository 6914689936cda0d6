"""`python -m pix2pix`, which is what `torchrun -m pix2pix` starts in every process."""

from pix2pix.cli import main

if __name__ == "__main__":
    main(prog_name="pix2pix")
