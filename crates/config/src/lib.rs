//! The configuration file and the environment, turned into the settings of each room.
