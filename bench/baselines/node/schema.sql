-- What an ORM would make of such models, with an index for each foreign key.
CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    email text UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE polls (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    question text NOT NULL,
    is_published boolean NOT NULL DEFAULT false,
    creator_id uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON polls (creator_id);
CREATE TABLE options (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    poll_id uuid NOT NULL REFERENCES polls (id),
    text text NOT NULL,
    position int NOT NULL
);
CREATE INDEX ON options (poll_id);
CREATE TABLE votes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users (id),
    option_id uuid NOT NULL REFERENCES options (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, option_id)
);
CREATE INDEX ON votes (option_id);
CREATE TABLE rooms (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL
);
-- The one that is measured.
INSERT INTO rooms (id, name) VALUES ('01985c31-2c6e-7f40-9d51-0b7a6f3e1c90', 'Lobby');
CREATE TABLE messages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    room_id uuid NOT NULL REFERENCES rooms (id),
    user_id uuid NOT NULL REFERENCES users (id),
    body text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON messages (room_id);
CREATE INDEX ON messages (user_id);
