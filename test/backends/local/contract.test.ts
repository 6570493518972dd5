import { describeBackend } from '../../contract/backend-contract.ts';
import { adoptedPaths, directories, ext4Images, localOnFakeHost, xfsImages } from './local-under-test.ts';

const fake = () => localOnFakeHost();

describeBackend('local directories on the fake host', directories, fake);
describeBackend('local ext4 images on the fake host', ext4Images, fake);
describeBackend('local xfs images on the fake host', xfsImages, fake);
describeBackend('adopted directories on the fake host', adoptedPaths('/folder/adopted'), fake);
