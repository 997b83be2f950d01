-- Run once, when the cluster is made: the log stands in the database annals, which the image makes by itself.
-- Databases of their own, because each is backed up for another time: the log for ever, the vault for as long as an
-- erasure may take to be complete, the read models not at all.
CREATE DATABASE annals_read;
CREATE DATABASE annals_vault;
