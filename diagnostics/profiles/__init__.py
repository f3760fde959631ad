"""Monitors as desired state: what a profile says, and what is to be done so that a station has it.

Pure: no Django, no clock, no input and output. `document` is what an operator writes, `yaml_text`
the same as YAML, `plan` compares it with what is known of one `station`, and says so in `steps`.
"""
