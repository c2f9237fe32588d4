// What is precompiled belongs to a library, and a library has a source.
