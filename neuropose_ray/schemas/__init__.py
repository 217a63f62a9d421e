"""The data that every room exchanges, their files, and the versions of these files.

Its face is its modules, one for each kind of data, and not a list of names here: poses are imported from
:mod:`.poses`.

- As arrays: ``poses``, ``pose_blocks``; as tables: ``frame_table``, whose ``typed_columns`` are stated by name;
  ``frame_times`` finds the same frame in two of them.
- As records: ``predictions``, ``header``, ``segmentation``, ``fitting``, ``performance``, ``provenance``, ``jobs``,
  ``job_names``, ``pose_replies``, ``benchmark``, ``scale``, ``labels``; ``immutable`` is what they are made of.
- Of bodies and views: ``skeleton``, ``skeletons``, ``camera``, ``depth_prior``.
- On the disk: ``result_files`` has the names; ``reading`` reads predictions from whichever file holds them;
  ``parquet_files``, ``json_files`` and ``neuropose_results`` are the formats; ``arrow_arrays`` makes columns;
  ``migrations`` brings older ones to the present; ``atomic`` and ``digest`` are for files of any kind.
- For people: ``notebook`` shows predictions.
"""
