"""What pyproject.toml cannot say: the folders beside dls/ are installed as dls/program/ (see `dls.home`)."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["dls", "dls.*"]), "dls.program", "dls.program.pages"],
    package_dir={"dls.program": ".", "dls.program.pages": "pages"},
    package_data={
        "dls": ["**/*"],
        "dls.program": [".streamlit/config.toml", "data/**/*", "docs/*.md"],
    },
    include_package_data=False,
)
