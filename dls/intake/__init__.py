"""From what was received to a case of the study: images, truth and clinical data, together or not at all."""
