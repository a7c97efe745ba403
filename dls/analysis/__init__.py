"""From stored readings and predictions to statistical results: joins `dls.study` and `dls.stats`."""
